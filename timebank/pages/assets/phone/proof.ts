// The text of a phone pass: what the server signed once, the half minute, and this phone's own signature over both.

import { textOf, textOfNumber } from "../door/base32";

/** The part of WebCrypto that is needed here. */
export type Sign = (data: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>;

export const STEP = 30_000;

const STEP_LENGTH = 7;
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The number of the half minute that an instant, in milliseconds, lies in. */
export function stepOf(now: number): number {
  return Math.floor(now / STEP);
}

/** The text of the QR for one step. */
export async function shown(credential: string, step: number, sign: Sign): Promise<string> {
  const proven = credential + textOfNumber(step, STEP_LENGTH);
  return proven + textOf(lowered(await sign(new TextEncoder().encode(proven))));
}

/** Of the two spellings of a signature, r and s of 32 bytes, the one that desks take. */
export function lowered(proof: Uint8Array): Uint8Array {
  const s = numberOf(proof.subarray(32));
  return s > ORDER / 2n ? Uint8Array.of(...proof.subarray(0, 32), ...bytesOf(ORDER - s)) : proof;
}

function numberOf(bytes: Uint8Array): bigint {
  return bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

function bytesOf(number: bigint): number[] {
  return Array.from({ length: 32 }, (_, place) => Number((number >> BigInt(8 * (31 - place))) & 255n));
}

/** A public key of 65 bytes, x and y, as the 33 bytes of x and the sign of y. */
export function compressed(raw: Uint8Array): Uint8Array {
  return Uint8Array.of(2 + ((raw[64] ?? 0) & 1), ...raw.subarray(1, 33));
}
