import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Countdown } from "./countdown";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("it tells every second and ends once", () => {
  const told: number[] = [];
  const over = vi.fn();
  new Countdown((left) => told.push(left), over).start(3);
  vi.advanceTimersByTime(10_000);
  expect(told).toEqual([3, 2, 1, 0]);
  expect(over).toHaveBeenCalledTimes(1);
});

test("a touch starts it from the top", () => {
  const over = vi.fn();
  const countdown = new Countdown(() => undefined, over);
  countdown.start(3);
  vi.advanceTimersByTime(2_900);
  countdown.start(3);
  vi.advanceTimersByTime(2_900);
  expect(over).not.toHaveBeenCalled();
});

test("nothing counts down where there is nothing to count", () => {
  const over = vi.fn();
  new Countdown(() => undefined, over).start(0);
  vi.advanceTimersByTime(60_000);
  expect(over).not.toHaveBeenCalled();
});
