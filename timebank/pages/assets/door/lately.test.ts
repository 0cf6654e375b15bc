import { expect, test } from "vitest";
import type { Done } from "./history";
import { lately, together } from "./lately";
import type { Call } from "./server";

const scan = { nonce: "n1", at: "2026-11-26T01:00:00Z", direction: "in", title: "合唱", title_en: "Choir", session_id: "s" };
const answering = (status: number, body: unknown): Call => (async () => ({ status, body })) as unknown as Call;

// scenario: checkin-61
test("names and scans of another window are those that the server tells", async () => {
  const nameless = { scan: { ...scan, nonce: "n2" }, person: { number: 8, name: "" } };
  const found = await lately(answering(200, [{ scan, person: { number: 7, name: "Bob" } }, nameless]));
  expect(found?.names).toEqual(new Map([["n1", "Bob"]]));
  expect(found?.done.map((one) => [one.nonce, one.number, one.session, one.is_known, one.is_undone])).toEqual([
    ["n1", 7, "s", true, false],
    ["n2", 8, "s", true, false],
  ]);
});

test("a server that does not answer, or not to this desk, has told nothing", async () => {
  expect(await lately((async () => null) as unknown as Call)).toBeNull();
  expect(await lately(answering(403, { code: "desk_revoked" }))).toBeNull();
});

test("what was undone here stays undone, whatever the server had said before", () => {
  const one = { nonce: "n1", number: 7, session: "s", title: "", direction: "in", at: "", is_known: true } as const;
  const own: Done[] = [{ ...one, is_undone: true }];
  const found = together(own, [
    { ...one, is_undone: false },
    { ...one, nonce: "n2", is_undone: false },
  ]);
  expect(found.map((each) => [each.nonce, each.is_undone])).toEqual([
    ["n1", true],
    ["n2", false],
  ]);
});
