import { expect, test } from "vitest";
import { nameOf, table } from "./file";
import { words } from "./given";
import type { Item } from "./queue";

const said = {
  ...words,
  said: {
    ...words.said,
    file_heads: "Day|At|Session|Way|Number|Said|Remark|Why|Server",
    file_name: "Scans of {name} {day}",
    way_in: "In",
  },
};

function item(nonce: string, more: Partial<Item> = {}): Item {
  const usual = { activities: ["a"], code: "TB1SECRET", direction: "in" as const, skew_ms: 0, reason: "ok" };
  return { nonce, happened_at: "2026-11-26T01:00:00Z", ...usual, ...more };
}

// scenario: checkin-79
test("the file tells who, when and where by the corrected clock, in order, and no code", () => {
  const hour = 3_600_000;
  const waiting = [
    { position: 2, item: item("n2", { reason: "unjudged", remark: 'Wang, "Auntie"' }) },
    {
      position: 1,
      item: item("n1", { happened_at: "2026-11-26T03:30:00Z", skew_ms: 3 * hour }),
      about: { number: 7, title: "合唱" },
    },
  ];
  const refused = { nonce: "n3", status: 409, code: "revoked", title: "Replaced.", detail: "" };
  const rejected = [{ item: item("n3", { happened_at: "2026-11-26T02:00:00Z" }), result: refused }];
  const text = table({ waiting, rejected }, said, "Asia/Shanghai", "en");
  expect(text.split("\r\n")).toEqual([
    "\ufeffDay,At,Session,Way,Number,Said,Remark,Why,Server",
    "2026-11-26,08:30,合唱,In,7,Checked in,,,",
    '2026-11-26,09:00,,In,,Noted,"Wang, ""Auntie""",,',
    "2026-11-26,10:00,,In,,Checked in,,,Replaced.",
    "",
  ]);
});

test("what was written down is text, whatever a spreadsheet makes of it", () => {
  const text = table(
    { waiting: [{ position: 1, item: item("n1", { remark: '=HYPERLINK("x")' }) }], rejected: [] },
    said,
    "UTC",
    "en",
  );
  expect(text).toContain(`"'=HYPERLINK(""x"")"`);
});

test("the file's name fits every disk", () => {
  expect(nameOf({ name: "Hall/door: 1" }, said, Date.parse("2026-11-26T01:00:00Z"))).toBe(
    "Scans-of-Hall-door-1-2026-11-26.csv",
  );
});
