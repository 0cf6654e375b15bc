import { expect, test } from "vitest";
import { type Choice, type Connection, chosen, fresh, isOffline, noted } from "./connection";

function after(choice: Choice, ...calls: boolean[]): Connection {
  return calls.reduce((connection, well, at) => noted(connection, well, at), fresh(choice));
}

// scenario: checkin-85
test("the second error among five calls takes the desk offline, an older one does not", () => {
  expect(isOffline(after("auto", false))).toBe(false);
  expect(isOffline(after("auto", false, true, true, true, false))).toBe(true);
  expect(isOffline(after("auto", false, true, true, true, true, false))).toBe(false);
  expect(after("auto", true, false, false).fell).toBe(2);
});

// scenario: checkin-85
test("one answer brings it back, and it then takes two errors again", () => {
  const back = noted(after("auto", false, false), true, 9);
  expect(isOffline(back)).toBe(false);
  expect(isOffline(noted(back, false, 10))).toBe(false);
});

// scenario: checkin-85
test("a manual choice always wins, over errors and over answers", () => {
  expect(isOffline(after("online", false, false, false))).toBe(false);
  expect(isOffline(after("offline", true, true, true))).toBe(true);
  expect(isOffline(chosen(after("auto", false, false), "online"))).toBe(false);
});

test("who hands the choice back to the desk starts with a clean slate", () => {
  expect(isOffline(chosen(after("online", false, false), "auto"))).toBe(false);
});
