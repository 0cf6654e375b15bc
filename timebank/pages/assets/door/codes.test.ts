import { expect, test } from "vitest";
import text from "../../../../docs/vectors/codes.json?raw";
import { bytesOf, numberOf, textOf, textOfNumber } from "./base32";
import { type Code, lettersTyped, normal, read } from "./codes";
import { type CodeFacts, decide } from "./decision";
import { isSignedBy, type Keys, verify } from "./verify";

interface Vector {
  name: string;
  raw: string;
  now: string;
  read: Record<string, string | number> | null;
  facts?: CodeFacts;
  reason?: string;
}

const { codes, ...pack }: Keys & { codes: Vector[] } = JSON.parse(text);

/** A code as the vectors write it: ids as UUIDs, bytes in base64, what was signed as text. */
function written(code: Code | null): Vector["read"] {
  if (!code) return null;
  return Object.fromEntries(
    Object.entries(code).map(([field, value]) => {
      const name = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      return [name, typeof value === "object" ? bytesWritten(name, value) : value];
    }),
  );
}

function bytesWritten(name: string, bytes: Uint8Array): string {
  if (name === "signed" || name === "proven") return new TextDecoder().decode(bytes);
  if (!name.endsWith("_id")) return btoa(String.fromCharCode(...bytes));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// scenario: checkin-2
// scenario: checkin-66
// scenario: checkin-67
// scenario: checkin-70
// scenario: checkin-73
// scenario: checkin-87
for (const vector of codes)
  test(`the desk reads and verifies as written: ${vector.name}`, async () => {
    const code = read(vector.raw);
    expect(written(code)).toEqual(vector.read);
    expect(read(normal(vector.raw))).toEqual(code);
    if (code?.kind === "typed") return;
    const { facts, secret, passId } = await verify(code, pack, Date.parse(vector.now));
    expect(facts).toEqual(vector.facts);
    const place = { session: "choir", opens_at: vector.now, starts_at: vector.now, closes_at: vector.now };
    expect(decide({ now: vector.now, code: facts, places: [place] }).reason).toBe(vector.reason);
    const isBelieved = ["ok", "stale_code"].includes(vector.reason ?? "");
    expect([secret !== null, passId !== null], "only what is signed opens a roster").toEqual([isBelieved, isBelieved]);
  });

// scenario: checkin-70
test("there are codes longer than 255 bytes among them, good and bad", () => {
  const long = codes.filter((vector) => vector.read && vector.raw.length > 255).map((vector) => vector.reason);
  expect(long).toContain("ok");
  expect(long).toContain("bad_signature");
});

test("a browser that knows no Ed25519 verifies the same", async () => {
  const without = { importKey: () => Promise.reject(new Error("NotSupportedError")) } as unknown as SubtleCrypto;
  const public_keys = new Map(
    pack.keys.map((key) => [key.id, Uint8Array.from(atob(key.public_key), (one) => one.charCodeAt(0))]),
  );
  let good = 0;
  for (const vector of codes) {
    const code = read(vector.raw);
    if (code?.kind !== "card" && code?.kind !== "phone") continue;
    const key = public_keys.get(code.keyId);
    if (!key) continue;
    const fits = await isSignedBy(key, code.signature, code.signed);
    expect(await isSignedBy(key, code.signature, code.signed, without), vector.name).toBe(fits);
    good += Number(fits);
  }
  expect(good).toBeGreaterThan(20);
});

test("what is written in base32 is read again, in one spelling only", () => {
  const bytes = Uint8Array.from({ length: 64 }, (_, place) => (place * 37) % 256);
  for (const length of [1, 2, 3, 4, 5, 16, 33, 64]) {
    const written = textOf(bytes.slice(0, length));
    expect(bytesOf(written)).toEqual(bytes.slice(0, length));
    expect(written).toHaveLength(Math.ceil((8 * length) / 5));
  }
  expect(bytesOf("AB")).toBeNull();
  expect(textOfNumber(1_048_575, 4)).toBe("7777");
  expect(numberOf(textOfNumber(59_800_000, 7))).toBe(59_800_000);
});

test.each([
  ["1234", 4],
  ["TPEC-62", 6],
  ["ＴＰ", 2],
  ["TPEC622W", 8],
  ["TPEC-6222-W", 9],
  ["15400000001", null],
  ["https://example.org/", null],
  ["王秀英", null],
  ["", null],
])("how many characters were typed where a code was meant: %s", (raw, typed) => {
  expect(lettersTyped(raw)).toBe(typed);
});
