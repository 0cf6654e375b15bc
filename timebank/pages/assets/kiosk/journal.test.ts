import { expect, test } from "vitest";
import { type Book, note, open, settle } from "./journal";

function book(text: string | null = null): Book {
  let kept = text;
  return {
    getItem: () => kept,
    setItem: (_, value) => {
      kept = value;
    },
  };
}

// scenario: ledger-136
test("what was asked for stays open until it is settled, oldest first", () => {
  const own = book();
  note(own, "first", "2026-11-26T01:00:00Z");
  note(own, "second", "2026-11-26T01:01:00Z");
  expect(open(own).map((one) => one.key)).toEqual(["first", "second"]);
  settle(own, "first");
  expect(open(own).map((one) => one.key)).toEqual(["second"]);
});

test("a key that is sent again stands in the journal once", () => {
  const own = book();
  note(own, "first", "2026-11-26T01:00:00Z");
  note(own, "first", "2026-11-26T01:00:05Z");
  expect(open(own)).toEqual([{ key: "first", sent: "2026-11-26T01:00:05Z" }]);
});

test("settling what is not there changes nothing", () => {
  const own = book();
  note(own, "first", "");
  settle(own, "other");
  expect(open(own)).toHaveLength(1);
});

for (const text of ["", "{", "null", "7", '{"key": "x"}', '[null, 3, {"sent": ""}]'])
  test(`a journal that cannot be read counts as empty: ${text}`, () => {
    expect(open(book(text))).toEqual([]);
  });
