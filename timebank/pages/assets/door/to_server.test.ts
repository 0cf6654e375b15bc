import { expect, test } from "vitest";
import vectors from "../../../../docs/vectors/sealed.json";
import { item } from "./given";
import { at } from "./given_desk";
import { fromBase64 } from "./roster";
import type { Bound } from "./to_server";
import { hidden, seal } from "./to_server";

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const [first] = vectors.sealed as [(typeof vectors.sealed)[0]];
const seals = { id: first.key_id, public_key: first.public_key };

// scenario: checkin-86
test.each(vectors.sealed)("a code is sealed as published: $about", async (one) => {
  const { d: _, ...half } = one.ephemeral;
  const privateKey = await crypto.subtle.importKey("jwk", one.ephemeral, CURVE, false, ["deriveBits"]);
  const publicKey = await crypto.subtle.importKey("jwk", half, CURVE, true, []);
  const fresh = { keys: { privateKey, publicKey }, nonce: fromBase64(one.nonce) };
  const to = { id: one.key_id, public_key: one.public_key };
  expect(await seal(one.code, one.item as Bound, one.desk, to, fresh)).toBe(one.sealed);
});

// scenario: checkin-86
test("what is kept of a scan that waits holds no code, whatever the desk said of it", async () => {
  const { scan, store, queue } = await at({ choice: "offline", packed: { seals } });
  const codes = ["ACEF-234A", "no code at all"];
  const said = [await scan("n1"), ...(await Promise.all(codes.map((code, nth) => scan(`m${nth}`, code))))];
  expect(said.map((answer) => answer?.code)).toEqual(["ok", "unjudged", "unknown_pass"]);
  const kept = JSON.stringify([await store.all("queue"), await store.all("done"), await store.all("rejected")]);
  for (const code of ["TB1", ...codes]) expect(kept).not.toContain(code);
  expect(queue.waiting().map((one) => [one.code, one.sealed?.startsWith("KEYA.")])).toEqual([
    ["", true],
    ["", true],
    ["", true],
  ]);
});

// scenario: checkin-86
test("a desk that is withdrawn seals what it had queued before it knew the server's key", async () => {
  const early = await at({ choice: "offline" });
  await early.scan("n1", "ACEF-234A");
  await early.store.put("pack", "pack", { ...(early.desk.state.pack ?? {}), seals });
  const { desk, network, queue } = await at({ store: early.store });
  network.answers["/api/v1/scans/uploads"] = { status: 403, body: { code: "desk_revoked", title: "", detail: "" } };
  await desk.upload();
  expect(queue.waiting()).toMatchObject([{ nonce: "n1", code: "", sealed: expect.stringMatching(/^KEYA\./) }]);
});

test("a browser that cannot seal queues the code as it is: nothing is lost", async () => {
  const open = item("n1", { code: "ACEF-234A" });
  expect(await hidden(open, "d", { id: "KEYA", public_key: "AAAA" })).toEqual(open);
  expect(await hidden(open, "d", null)).toEqual(open);
});
