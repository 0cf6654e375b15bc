import { expect, test } from "vitest";
import { timeOf } from "./words";

// scenario: checkin-84
test.each([
  ["2026-11-26T13:13:00Z", "21:13"],
  ["2026-11-26T16:00:00Z", "tomorrow 00:00"],
  ["2026-11-26T21:13:00Z", "tomorrow 05:13"],
])("what holds beyond midnight of the place says tomorrow: %s", (until, said) => {
  const nine = Date.parse("2026-11-26T09:13:00Z");
  expect(timeOf(until, nine, "Asia/Shanghai", "en", "tomorrow {time}")).toBe(said);
});
