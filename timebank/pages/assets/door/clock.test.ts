import { expect, test } from "vitest";
import { dayAt, onTheWall, skew } from "./clock";

const there = Date.parse("2026-11-26T01:00:00Z");

// scenario: checkin-47
test("a clock three hours fast is measured, half of the way there and back allowed for", () => {
  const fast = there + 3 * 3_600_000;
  expect(skew(fast - 100, fast + 300, "2026-11-26T01:00:00.000Z")).toBe(3 * 3_600_000 + 100);
});

test("an answer without a time, or one that took too long, measures nothing", () => {
  expect(skew(there, there, null)).toBeNull();
  expect(skew(there, there, "soon")).toBeNull();
  expect(skew(there - 20_000, there, "2026-11-26T01:00:00Z")).toBeNull();
});

test("times are those of the wall at the place", () => {
  expect(onTheWall("2026-11-26T16:05:00Z", "Asia/Shanghai", "zh-CN")).toBe("00:05");
});

test("a day is that of the place, and later ones are greater", () => {
  expect(dayAt("2026-11-26T15:59:00Z", "Asia/Shanghai")).toBe("2026-11-26");
  expect(dayAt("2026-11-26T16:05:00Z", "Asia/Shanghai")).toBe("2026-11-27");
});
