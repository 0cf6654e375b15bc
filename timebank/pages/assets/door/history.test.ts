import { expect, test } from "vitest";
import type { Place } from "./decision";
import { after, type Done, isDoubled, since } from "./history";

const choir: Place = {
  session: "choir",
  opens_at: "2026-11-26T00:30:00Z",
  starts_at: "2026-11-26T01:00:00Z",
  closes_at: "2026-11-26T03:00:00Z",
};

const MADE = "2026-11-26T00:50:00Z";

function done(nonce: string, direction: "in" | "out", at: string, more: Partial<Done> = {}): Done {
  const which = { number: 7, session: "choir", title: "Choir", is_known: false, is_undone: false };
  return { nonce, direction, at: `2026-11-26T${at}Z`, ...which, ...more };
}

// scenario: checkin-77
test("who came in here is inside, and out again after the way out", () => {
  const came = done("1", "in", "01:00:00");
  const inside = { session: "choir", closes_at: choir.closes_at };
  expect(after([choir], null, [came], MADE)).toEqual({ places: [{ ...choir, entries: 1 }], inside });
  expect(after([choir], null, [came, done("2", "out", "02:00:00")], MADE).inside).toBeNull();
});

test("a way out here leaves alone who is inside somewhere else", () => {
  const elsewhere = { session: "reading", closes_at: choir.closes_at };
  expect(after([choir], elsewhere, [done("1", "out", "01:00:00")], MADE).inside).toEqual(elsewhere);
});

test("what the roster knows already is not counted twice; what the server has not heard of always counts", () => {
  const old = done("1", "in", "00:40:00", { is_known: true });
  const queued = done("2", "in", "00:41:00");
  const fresh = done("3", "in", "01:10:00", { is_known: true });
  const undone = done("4", "in", "01:20:00", { is_undone: true });
  expect(since([undone, fresh, queued, old], "2026-11-26T01:00:00Z").map((one) => one.nonce)).toEqual(["2", "3"]);
});

// scenario: checkin-61
test.each([
  ["a way in: nobody is there", [{ is_undone: true }], { entries: 0, isInside: false }],
  ["a way in that the roster knows to be undone", [{ is_undone: true, undone_at: "00:45:00" }], { entries: 1, isInside: true }],
  ["a way in that was undone after the roster", [{ is_undone: true, undone_at: "00:55:00" }], { entries: 0, isInside: false }],
  ["a way out: still inside", [{}, { is_undone: true }], { entries: 1, isInside: true }],
  ["both ways", [{ is_undone: true }, { is_undone: true }], { entries: 0, isInside: false }],
  ["the first of two ways in", [{ is_undone: true }, {}, {}], { entries: 0, isInside: true }],
])("what was undone here is taken back from a roster that knows it: %s", (_, how, { entries, isInside }) => {
  const own = how.map((one, at) => {
    const known = { is_known: true, ...one, ...("undone_at" in one ? { undone_at: `2026-11-26T${one.undone_at}Z` } : {}) };
    return done(String(at), at % 2 ? "out" : "in", `00:3${at}:00`, known);
  });
  const inside = how.length % 2 ? { session: "choir", closes_at: choir.closes_at } : null;
  const found = after([{ ...choir, entries: 1 }], inside, own, MADE);
  expect([found.places[0]?.entries, found.inside !== null]).toEqual([entries, isInside]);
});

// scenario: checkin-61
test.each([
  ["the second way out", ["in", "out", "out"], 2, true],
  ["the first of two ways out", ["in", "out", "out"], 1, true],
  ["the only way out", ["in", "out"], 1, false],
  ["the only way in", ["in"], 0, false],
  ["the first of two ways in", ["in", "in"], 0, true],
  ["a way in after the way out", ["in", "out", "in"], 2, false],
] as const)("an undo that changes nothing is known as such: %s", (_, ways, which, isSo) => {
  const own = ways.map((way, at) => done(String(at), way, `01:0${at}:00`));
  const others = [done("x", "out", "01:00:30", { number: 8 }), done("y", "in", "01:00:40", { session: "reading" })];
  expect(isDoubled(own[which] as Done, [...own, ...others, done("z", "out", "01:00:50", { is_undone: true })])).toBe(isSo);
});
