import { expect, test } from "vitest";
import { Scanner } from "./scanner";

/** Types the text so many milliseconds apart, Enter too; what the scanner made of it. */
function typed(text: string, apart: number, own = new Scanner()): string | null {
  let at = 1000;
  for (const letter of text) {
    expect(own.press(letter, at)).toBe(null);
    at += apart;
  }
  return own.press("Enter", at);
}

test("a code at a scanner's pace is one", () => {
  expect(typed("TB1.K7QH-W2M9", 8)).toBe("TB1.K7QH-W2M9");
});

test("what a hand types is none", () => {
  expect(typed("K7QHW2M9", 400)).toBe(null);
});

test("Enter by itself presses what has the focus", () => {
  expect(typed("", 0)).toBe(null);
  expect(typed("274913", 5)).toBe(null);
});

test("a PIN is none, however often its digits were erased and typed anew", () => {
  expect(typed("2749134827", 100)).toBe(null);
  const own = new Scanner();
  for (const [at, key] of ["K", "7", "Q", "Backspace", "H", "W", "2", "M", "9"].entries()) own.press(key, at * 50);
  expect(own.press("Enter", 500)).toBe(null);
});

test("a hand before the scanner does not get into its code, nor one code into the next", () => {
  const own = new Scanner();
  own.press("4", 0);
  own.press("Shift", 690);
  expect(typed("K7QHW2M9", 10, own)).toBe("K7QHW2M9");
  expect(own.press("Enter", 2000)).toBe(null);
});

test("a PIN that has been sent does not get into the next person's code, however soon that comes", () => {
  const own = new Scanner();
  for (const [at, key] of [..."274913"].entries()) own.press(key, 900 + at * 10);
  own.forget();
  expect(typed("K7QHW2M9", 8, own)).toBe("K7QHW2M9");
});

test("keys that write nothing do not stop it", () => {
  const own = new Scanner();
  for (const [at, key] of ["K", "7", "Shift", "Q", "H", "Shift", "W", "2", "M", "9"].entries()) own.press(key, at * 10);
  expect(own.press("Enter", 105)).toBe("K7QHW2M9");
});
