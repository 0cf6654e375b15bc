// Bytes and numbers as capitals and figures; the twin of schedules/base32.py.

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The bytes in base32, without padding. */
export function textOf(bytes: Uint8Array): string {
  let text = "";
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET.charAt((held >> (bits - 5)) & 31);
    held &= (1 << bits) - 1;
  }
  return bits ? text + ALPHABET.charAt(held << (5 - bits)) : text;
}

/** The bytes again; null for a second spelling of the same bytes, whose spare bits are not zero. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> | null {
  const bytes = new Uint8Array(Math.floor((5 * text.length) / 8));
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const character of text) {
    held = (held << 5) | ALPHABET.indexOf(character);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = held >> bits;
      held &= (1 << bits) - 1;
    }
  }
  return held ? null : bytes;
}

/** A number as that many characters. */
export function textOfNumber(number: number, length: number): string {
  let text = "";
  for (let rest = number; text.length < length; rest = Math.floor(rest / 32)) text = ALPHABET.charAt(rest % 32) + text;
  return text;
}

/** The number that these characters are; exact up to ten of them. */
export function numberOf(text: string): number {
  let number = 0;
  for (const character of text) number = number * 32 + ALPHABET.indexOf(character);
  return number;
}
