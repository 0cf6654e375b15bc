import { expect, test } from "vitest";
import type { Place } from "./decision";
import { after, type Done, since } from "./history";

const choir: Place = {
  session: "choir",
  opens_at: "2026-11-26T00:30:00Z",
  starts_at: "2026-11-26T01:00:00Z",
  closes_at: "2026-11-26T03:00:00Z",
};

function done(nonce: string, direction: "in" | "out", at: string, more: Partial<Done> = {}): Done {
  const which = { number: 7, session: "choir", title: "Choir", is_known: false, is_undone: false };
  return { nonce, direction, at: `2026-11-26T${at}Z`, ...which, ...more };
}

// scenario: checkin-77
test("who came in here is inside, and out again after the way out", () => {
  const came = done("1", "in", "01:00:00");
  const inside = { session: "choir", closes_at: choir.closes_at };
  expect(after([choir], null, [came])).toEqual({ places: [{ ...choir, entries: 1 }], inside });
  expect(after([choir], null, [came, done("2", "out", "02:00:00")]).inside).toBeNull();
});

test("a way out here leaves alone who is inside somewhere else", () => {
  const elsewhere = { session: "reading", closes_at: choir.closes_at };
  expect(after([choir], elsewhere, [done("1", "out", "01:00:00")]).inside).toEqual(elsewhere);
});

test("what the roster knows already is not counted twice; what the server has not heard of always counts", () => {
  const old = done("1", "in", "00:40:00", { is_known: true });
  const queued = done("2", "in", "00:41:00");
  const fresh = done("3", "in", "01:10:00", { is_known: true });
  const undone = done("4", "in", "01:20:00", { is_undone: true });
  expect(since([undone, fresh, queued, old], "2026-11-26T01:00:00Z").map((one) => one.nonce)).toEqual(["2", "3"]);
});
