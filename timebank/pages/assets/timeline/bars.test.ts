import { expect, test } from "vitest";
import { fill, hours, later, lookedAt, type Room, shut } from "./bars";

const room = (open: [string, string][], bars: [string, string][] = []): Room => ({
  space_id: "1",
  name: "舞蹈室",
  name_en: "Dance room",
  time_zone: "Asia/Shanghai",
  grid: 30,
  open: open.map(([starts, ends]) => ({ starts, ends })),
  bars: bars.map(([starts, ends]) => ({ starts, ends })) as Room["bars"],
});

test("the hours reach over what is open and what stands outside of it", () => {
  const dance = room([["2026-11-27T08:00:00", "2026-11-27T21:30:00"]], [["2026-11-27T06:30:00", "2026-11-27T07:00:00"]]);
  expect(hours({ first: "2026-11-27", days: 1, rooms: [dance] })).toEqual([6, 22]);
  expect(hours({ first: "2026-11-27", days: 1, rooms: [dance] }, 4)).toEqual([4, 24]);
  const night = room([], [["2026-11-27T23:00:00", "2026-11-28T01:00:00"]]);
  expect(hours({ first: "2026-11-27", days: 1, rooms: [night] })).toEqual([23, 24]);
  expect(hours({ first: "2026-11-28", days: 1, rooms: [night] })).toEqual([0, 1]);
  expect(hours({ first: "2026-11-27", days: 1, rooms: [] })).toEqual([8, 20]);
});

test("a room that is open all day is looked at from its first bar on", () => {
  const always: [string, string][] = [["2026-11-27T00:00:00", "2026-11-28T00:00:00"]];
  const used = room(always, [["2026-11-27T10:30:00", "2026-11-27T12:00:00"]]);
  expect(hours({ first: "2026-11-27", days: 1, rooms: [used] })).toEqual([0, 24]);
  expect(lookedAt({ first: "2026-11-27", days: 1, rooms: [used] })).toBe(10);
  expect(lookedAt({ first: "2026-11-27", days: 1, rooms: [room(always)] })).toBe(8);
});

test("a room is shut where it is not open", () => {
  const split = room([
    ["2026-11-27T08:00:00", "2026-11-27T12:00:00"],
    ["2026-11-27T14:00:00", "2026-11-28T00:00:00"],
  ]);
  expect(shut(split, "2026-11-27", 2)).toEqual([
    { starts: "2026-11-27T00:00:00", ends: "2026-11-27T08:00:00" },
    { starts: "2026-11-27T12:00:00", ends: "2026-11-27T14:00:00" },
    { starts: "2026-11-28T00:00:00", ends: "2026-11-29T00:00:00" },
  ]);
});

test("days are counted on the calendar, and words are filled in", () => {
  expect(later("2026-03-29", 1)).toBe("2026-03-30");
  expect(fill("Moved: [what]. [other]", { what: "Carol" })).toBe("Moved: Carol. [other]");
});
