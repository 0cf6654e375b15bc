import { expect, test } from "vitest";
import { inMemory, read } from "./journal";

// scenario: ledger-136
test("what was asked for stays open until it is settled, oldest first", async () => {
  const own = inMemory();
  await own.put({ key: "second", sent: "2026-11-26T01:01:00Z" });
  await own.put({ key: "first", sent: "2026-11-26T01:00:00Z" });
  expect((await own.all()).map((one) => one.key)).toEqual(["first", "second"]);
  await own.remove("first");
  await own.remove("nobody's");
  expect((await own.all()).map((one) => one.key)).toEqual(["second"]);
});

test("a key that is sent again stands in the journal once", async () => {
  const own = inMemory();
  await own.put({ key: "first", sent: "2026-11-26T01:00:00Z" });
  await own.put({ key: "first", sent: "2026-11-26T01:00:05Z" });
  expect(await own.all()).toEqual([{ key: "first", sent: "2026-11-26T01:00:05Z" }]);
});

test("what the build before had kept is taken over", () => {
  expect(read('[{"key": "first", "sent": ""}]')).toEqual([{ key: "first", sent: "" }]);
});

for (const text of [null, "", "{", "null", "7", '{"key": "x"}', '[null, 3, {"sent": ""}]'])
  test(`what it kept and cannot be read counts as none: ${text}`, () => {
    expect(read(text)).toEqual([]);
  });
