import { expect, test } from "vitest";
import vectors from "../../../../docs/vectors/roster.json";
import { card, mark, pack, person } from "./given";
import { fromBase64, isReplaced, open } from "./roster";

const bob = card(2);

// scenario: checkin-86
test.each(vectors.lines)(
  "the server's own examples open with their pass: $about",
  async ({ secret, salt, locator, sealed, plain }) => {
    const packed = await pack([], { salt, people: { [locator]: sealed } });
    expect(await open(packed, fromBase64(secret))).toEqual(plain);
  },
);

// scenario: checkin-68
test.each(vectors.replaced)("a replaced pass is told by its mark", async ({ pass_id, salt, mark }) => {
  const id = Uint8Array.from(pass_id.replace(/-/g, "").match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  expect(await isReplaced(await pack([], { salt, revoked: [mark] }), id)).toBe(true);
  expect(await isReplaced(await pack([], { salt, revoked: [] }), id)).toBe(false);
});

// scenario: checkin-86
test("without the pass nothing opens, and the roster names nobody", async () => {
  const packed = await pack([[bob, person("Bob", 2)]]);
  expect(await open(packed, card(3).signature)).toBeNull();
  expect(JSON.stringify(packed)).not.toContain("Bob");
  expect(await isReplaced(packed, bob.passId)).toBe(false);
  expect(await isReplaced({ ...packed, revoked: [await mark(bob)] }, bob.passId)).toBe(true);
});

test("a line that was moved under another locator does not open", async () => {
  const packed = await pack([[bob, person("Bob", 2)]]);
  const [[locator, sealed]] = Object.entries(packed.people) as [[string, string]];
  const altered = sealed.slice(0, -4) + (sealed.endsWith("AAA=") ? "BBB=" : "AAA=");
  await expect(open({ ...packed, people: { [locator]: altered } }, bob.signature)).rejects.toThrow();
});
