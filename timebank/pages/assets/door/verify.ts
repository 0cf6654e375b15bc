// What the signatures in a pass say, from public keys alone: the twin of timebank/people/signatures.py, for a desk without a network.
import type { Card, Code, Phone, Typed } from "./codes";
import type { CodeFacts } from "./decision";

/** The server's name and its public keys, in base64; a key that was removed is not among them. */
export interface Keys {
  server: string;
  keys: readonly { id: string; public_key: string }[];
}

/** `secret` and `passId` are there only where the signatures fit. The secret, the server's signature, is in nobody's hands but the
 * pass's: the roster is sealed under it. */
export interface Verified {
  facts: CodeFacts;
  secret: Uint8Array<ArrayBuffer> | null;
  passId: Uint8Array<ArrayBuffer> | null;
}

type Bytes = Uint8Array<ArrayBuffer>;

const PRIME = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const STEP = 30_000;
const DAY = 86_400_000;

/** Step 5 as far as a desk can tell it at an instant, the server's time in milliseconds. A typed code it cannot judge at all. */
export async function verify(code: Exclude<Code, Typed> | null, pack: Keys, nowMs: number): Promise<Verified> {
  if (code?.kind !== "card" && code?.kind !== "phone") return { facts: { is_ours: false }, secret: null, passId: null };
  const key = pack.keys.find((one) => one.id === code.keyId);
  const isSigned = key !== undefined && (await isGenuine(code, base64(key.public_key)));
  const facts = {
    ...(code.server !== pack.server && { is_of_this_server: false }),
    ...(!key && { has_key: false }),
    ...(!isSigned && { is_signed: false }),
    ...(!isFresh(code, nowMs) && { is_fresh: false }),
  };
  const isBelieved = isSigned && code.server === pack.server;
  return { facts, secret: isBelieved ? code.signature : null, passId: isBelieved ? code.passId : null };
}

async function isGenuine(code: Card | Phone, publicKey: Bytes): Promise<boolean> {
  const fits = await isSignedBy(publicKey, code.signature, code.signed);
  return fits && (code.kind === "card" || (await isProven(code.publicKey, code.proof, code.proven)));
}

/** A proof holds for its own half minute and the next, and clocks may be one apart; the last day is a day in UTC. */
function isFresh(code: Card | Phone, nowMs: number): boolean {
  if (code.kind === "card") return true;
  return Math.abs(Math.floor(nowMs / STEP) - code.step) <= 1 && Math.floor(nowMs / DAY) <= code.lastDay;
}

/** Whether the Ed25519 signature over these bytes is the key's: by the browser, or by our own means, fetched only where it knows no
 * Ed25519. */
export async function isSignedBy(publicKey: Bytes, signature: Bytes, signed: Bytes, subtle = crypto.subtle): Promise<boolean> {
  const key = await subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]).catch(() => null);
  if (key) return subtle.verify("Ed25519", key, signature, signed);
  const { ed25519 } = await import("@noble/curves/ed25519.js");
  return ed25519.verify(signature, signed, publicKey, { zip215: false });
}

/** Whether the phone with this key has signed these bytes: r and s of 32 bytes each, s the lower one of the two. */
async function isProven(publicKey: Bytes, proof: Bytes, proven: Bytes): Promise<boolean> {
  if (integer(proof.slice(32)) > ORDER / 2n) return false;
  const point = uncompressed(publicKey);
  if (!point) return false;
  const key = await crypto.subtle.importKey("raw", point, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, proof, proven);
}

/** The point of P-256 with both coordinates, which every browser takes; null for what is none. */
export function uncompressed(publicKey: Bytes): Bytes | null {
  const [sign, x] = [publicKey[0], integer(publicKey.slice(1))];
  if ((sign !== 2 && sign !== 3) || x >= PRIME) return null;
  const square = (x * x * x - 3n * x + B) % PRIME;
  const root = power(square, (PRIME + 1n) / 4n);
  if ((root * root - square) % PRIME !== 0n) return null;
  const y = (root & 1n) === BigInt(sign & 1) ? root : PRIME - root;
  return new Uint8Array([4, ...publicKey.slice(1), ...bytes32(y)]);
}

function power(number: bigint, exponent: bigint): bigint {
  let [result, base] = [1n, number];
  for (let rest = exponent; rest; rest >>= 1n) {
    if (rest & 1n) result = (result * base) % PRIME;
    base = (base * base) % PRIME;
  }
  return result;
}

function integer(bytes: Uint8Array): bigint {
  return bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

function bytes32(number: bigint): number[] {
  return Array.from({ length: 32 }, (_, place) => Number((number >> BigInt(8 * (31 - place))) & 255n));
}

function base64(text: string): Bytes {
  return Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
}
