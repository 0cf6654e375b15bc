import { expect, test } from "vitest";
import { NINE, pack } from "./given";
import { mayOverride, operatorOf } from "./rights";

const HOUR = 3_600_000;

// scenario: checkin-92
test("the roster's own operator may overrule offline as long as the roster reaches, and nobody else", async () => {
  const packed = await pack([]);
  expect(mayOverride(packed, "alice", NINE + 12 * HOUR)).toBe(true);
  expect(mayOverride(packed, "alice", NINE + 12 * HOUR + 1)).toBe(false);
  expect(mayOverride(packed, "bob", NINE)).toBe(false);
  expect(mayOverride(packed, null, NINE)).toBe(false);
  expect(mayOverride(null, "alice", NINE)).toBe(false);
  expect(mayOverride({ ...packed, may_override: false }, "alice", NINE)).toBe(false);
  expect(mayOverride({ ...packed, operator: null }, null, NINE)).toBe(false);
});

test("who has signed out in this browser is nobody's operator on a page that was put aside", () => {
  expect(operatorOf("alice", "timebank_language=en; other=1")).toBe("alice");
  expect(operatorOf("alice", "timebank_language=en; timebank_left=1")).toBeNull();
  expect(operatorOf("", "")).toBeNull();
});
