import { expect, test } from "vitest";
import { nameOf, table } from "./file";
import { item, words } from "./given";

const said = {
  ...words,
  said: {
    ...words.said,
    file_heads: "Day|At|Session|Way|Number|Said|Remark|Why|Server|Read",
    file_name: "Scans of {name} {day}",
    way_in: "In",
  },
};

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
  const text = table({ id: "d", waiting, rejected }, said, "Asia/Shanghai", "en");
  expect(text.split("\r\n")).toEqual([
    "\ufeffDay,At,Session,Way,Number,Said,Remark,Why,Server,Read",
    "2026-11-26,08:30,合唱,In,7,Checked in,,,,",
    '2026-11-26,09:00,,In,,Noted,"Wang, ""Auntie""",,,',
    "2026-11-26,10:00,,In,,Checked in,,,Replaced.,",
    "",
  ]);
});

test("what was written down is text, whatever a spreadsheet makes of it", () => {
  const text = table(
    { id: "d", waiting: [{ position: 1, item: item("n1", { remark: '=HYPERLINK("x")' }) }], rejected: [] },
    said,
    "UTC",
    "en",
  );
  expect(text).toContain(`"'=HYPERLINK(""x"")"`);
});

// scenario: checkin-86
test("what waits with a sealed code can be read by the server, and in the open stands no code", () => {
  const one = item("n1", { code: "", sealed: "KEYA.abc", remark: "王阿姨" });
  const text = table({ id: "d", waiting: [{ position: 1, item: one }], rejected: [] }, said, "UTC", "en");
  const [token = ""] = /TBQ1\.[\w-]+/.exec(text) ?? [];
  const bytes = Uint8Array.from(atob(token.slice(5).replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));
  expect(JSON.parse(new TextDecoder().decode(bytes))).toEqual({ desk: "d", item: one });
  expect(table({ id: "d", waiting: [{ position: 1, item: item("n1") }], rejected: [] }, said, "UTC", "en")).not.toContain("TB");
});

test("the file's name fits every disk", () => {
  expect(nameOf({ name: "Hall/door: 1" }, said, Date.parse("2026-11-26T01:00:00Z"))).toBe(
    "Scans-of-Hall-door-1-2026-11-26.csv",
  );
});
