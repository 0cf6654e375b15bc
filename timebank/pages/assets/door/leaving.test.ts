import { expect, test } from "vitest";
import type { Answer } from "./answer";
import { accepted, Network, NINE } from "./given";
import { canLeaveEarly, leaveEarly } from "./leaving";

function out(more: Partial<Answer> = {}): Answer {
  const told = accepted("Bob", 2);
  const session = { id: "c", title: "合唱", title_en: "Choir", place: "", place_en: "", ends_at: "2026-11-26T03:00:00Z" };
  return { ...told, direction: "out", attendance_id: "stay", session, ...more };
}

// scenario: checkin-57
test("who goes before the planned end may say why, while the server is there to keep it", () => {
  const end = Date.parse("2026-11-26T03:00:00Z");
  expect(canLeaveEarly(out(), end - 1)).toBe(true);
  expect(canLeaveEarly(out(), end)).toBe(false);
  expect(canLeaveEarly(out({ is_offline: true }), NINE)).toBe(false);
  expect(canLeaveEarly(out({ attendance_id: null }), NINE)).toBe(false);
  expect(canLeaveEarly(out({ was_out: true }), NINE)).toBe(false);
});

// scenario: checkin-57
test("the reason goes to the stay, and a refusal is told in the server's words", async () => {
  const network = new Network(() => undefined);
  const say = () => leaveEarly(out(), "The last bus", network.call, "n", ["Noted", "The organiser reads why."]);
  expect(await say()).toMatchObject({ code: "ok", title: "Noted", name: "Bob" });
  const path = "/api/v1/attendances/stay/left-early";
  expect(network.asked).toEqual([{ path, body: { reason: "The last bus" } }]);
  network.answers[path] = { status: 409, body: { code: "ended_already", title: "It has ended.", detail: "" } };
  expect(await say()).toMatchObject({ code: "ended_already", title: "It has ended." });
  network.isCut = true;
  expect(await say()).toBeNull();
});
