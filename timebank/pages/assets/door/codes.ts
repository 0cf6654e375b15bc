// Codes as text: the twin of schedules/codes.py and phone_codes.py, held to the same vectors (docs/vectors/codes.json).
import { bytesOf, numberOf } from "./base32";

type Bytes = Uint8Array<ArrayBuffer>;

/** A printed pass as read; nothing about it is believed before `signature` fits over `signed`. */
export interface Card {
  kind: "card";
  server: string;
  keyId: string;
  passId: Bytes;
  serial: number;
  signature: Bytes;
  signed: Bytes;
}

/** A phone pass as read: besides, `proof` has to fit over `proven`. The day counts from 1970-01-01 UTC, the step in half minutes. */
export interface Phone {
  kind: "phone";
  server: string;
  keyId: string;
  passId: Bytes;
  publicKey: Bytes;
  lastDay: number;
  signature: Bytes;
  step: number;
  proof: Bytes;
  signed: Bytes;
  proven: Bytes;
}

/** Eight characters whose check character fits; whose they are only the server knows. */
export interface Typed {
  kind: "typed";
  code: string;
}

/** A venue code as read: for a volunteer's phone, no pass. */
export interface Venue {
  kind: "venue";
  sessionId: Bytes;
  step: number;
  mark: string;
}

export type Code = Card | Phone | Typed | Venue;

const CARD = { version: 3, server: 8, key: 4, pass: 26, serial: 4, signature: 103 };
const PHONE = { version: 3, server: 8, key: 4, pass: 26, publicKey: 53, lastDay: 4, signature: 103, step: 7, proof: 103 };
const CARD_TEXT = new RegExp(`^TB1[A-Z2-7]{${length(CARD) - 3}}$`);
const PHONE_TEXT = new RegExp(`^TB2[A-Z2-7]{${length(PHONE) - 3}}$`);
const VENUE_TEXT = /(?:^|\/)v\/([A-Za-z0-9_-]{22})\/([0-9]{1,12})\/([A-Za-z0-9_-]{14})\/?(?:[?#].*)?$/s;
const TYPED_ALPHABET = "23456789ACEFHJKMNPRTWXY";
export const TYPED_LENGTH = 8;
const MOST_TYPED = 10;
const SCANNER_PREFIX = /^(?:\][A-Za-z][0-9A-Za-z]|\\[0-9]{6})/;
/** Around a code: the first 33 characters of all, and these. */
const AROUND = "\x7f\xa0\u3000\ufeff";
/** Between the characters of a code: spaces seen and unseen, dashes of every length. Written out, because languages differ in them. */
const ADDED =
  "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xad\u1680\u200b\u200c\u200d\u2010\u2011\u2012\u2013\u2014\u2015\u2028\u2029\u2060\u2212\ufeff+-/=._";

/** The code in the text; null where it is none of our formats. `raw` is what the scanner or the person gave. */
export function read(raw: string): Code | null {
  const signed = readSigned(raw);
  if (signed) return signed;
  const text = normal(raw);
  const found = VENUE_TEXT.exec(text);
  if (found) return readVenue(found[1] as string, found[2] as string, found[3] as string);
  const plain = [...text].filter((one) => !ADDED.includes(one)).join("");
  return [...plain].some((one) => one > "\x7f") ? null : readPlain(plain.toUpperCase());
}

/** How many characters were typed, where a typed code was meant; null where it may be something else: a link, a name. */
export function lettersTyped(raw: string): number | null {
  const plain = [...normal(raw)].filter((one) => !ADDED.includes(one)).join("");
  return /^[a-z0-9]+$/i.test(plain) && plain.length <= MOST_TYPED ? plain.length : null;
}

/** The text with a sign for each half of a pair that stands alone: JSON with such halves is refused as a whole. */
export function wellFormed(raw: string): string {
  return raw.replace(/\p{Surrogate}/gu, "\ufffd");
}

/** The text without what scanners and keyboards add: control characters and spaces around, prefixes, full-width letters. */
export function normal(raw: string): string {
  let text = raw.normalize("NFKC");
  for (;;) {
    const stripped = strip(text).replace(SCANNER_PREFIX, "");
    if (stripped === text) return text;
    text = stripped;
  }
}

function strip(text: string): string {
  const isAround = (one: string) => one <= " " || AROUND.includes(one);
  let [start, end] = [0, text.length];
  while (start < end && isAround(text.charAt(start))) start++;
  while (end > start && isAround(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

function readPlain(text: string): Code | null {
  return isTyped(text) ? { kind: "typed", code: text } : readSigned(text);
}

function readSigned(text: string): Card | Phone | null {
  if (CARD_TEXT.test(text)) return readCard(text);
  return PHONE_TEXT.test(text) ? readPhone(text) : null;
}

function readCard(text: string): Card | null {
  const { server, key, ...parts } = cut(text, CARD);
  const [passId, signature] = [bytesOf(parts.pass), bytesOf(parts.signature)];
  if (!passId || !signature) return null;
  const signed = ascii(text.slice(0, -CARD.signature));
  return { kind: "card", server, keyId: key, passId, serial: numberOf(parts.serial), signature, signed };
}

function readPhone(text: string): Phone | null {
  const { server, key, ...parts } = cut(text, PHONE);
  const [passId, publicKey] = [bytesOf(parts.pass), bytesOf(parts.publicKey)];
  const [signature, proof] = [bytesOf(parts.signature), bytesOf(parts.proof)];
  if (!passId || !publicKey || !signature || !proof) return null;
  return {
    kind: "phone",
    server,
    keyId: key,
    passId,
    publicKey,
    lastDay: numberOf(parts.lastDay),
    signature,
    step: numberOf(parts.step),
    proof,
    signed: ascii(text.slice(0, -(PHONE.signature + PHONE.step + PHONE.proof))),
    proven: ascii(text.slice(0, -PHONE.proof)),
  };
}

function readVenue(session: string, step: string, mark: string): Venue | null {
  const bytes = Uint8Array.from(atob(session.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  // A second spelling of the same session has other spare bits.
  const again = btoa(String.fromCharCode(...bytes)).slice(0, session.length);
  const isOnlyOne = again.replace(/\+/g, "-").replace(/\//g, "_") === session;
  return isOnlyOne ? { kind: "venue", sessionId: bytes, step: Number(step), mark } : null;
}

/** Whether this is a typed code without a slip. Eight figures are never one: they are somebody's number. */
function isTyped(code: string): boolean {
  if (code.length !== TYPED_LENGTH || /^[0-9]*$/.test(code)) return false;
  const digits = [...code].map((one) => TYPED_ALPHABET.indexOf(one));
  const total = digits.reduce((sum, digit, place) => sum + digit * (place + 1), 0);
  return !digits.includes(-1) && total % TYPED_ALPHABET.length === 0;
}

function length(fields: Record<string, number>): number {
  return Object.values(fields).reduce((sum, one) => sum + one, 0);
}

/** The text in pieces, by the names of the fields. */
function cut<Fields extends Record<string, number>>(text: string, fields: Fields): Record<keyof Fields, string> {
  let at = 0;
  const pieces = Object.entries(fields).map(([name, size]) => {
    at += size;
    return [name, text.slice(at - size, at)];
  });
  return Object.fromEntries(pieces);
}

function ascii(text: string): Bytes {
  return Uint8Array.from(text, (one) => one.charCodeAt(0));
}
