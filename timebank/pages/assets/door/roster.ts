// The roster of a session as the server packed it: each person sealed under the signature in their own pass, which only the pass
// holds. Without the passes it tells nothing but how many people there are (checkin-86).
import type { Question } from "./answer";
import type { Inside, Place } from "./decision";

/** What the server packed, as it came. Instants are the server's. */
export interface Pack {
  made_at: string;
  server: string;
  salt: string;
  near_minutes: number;
  keys: { id: string; public_key: string }[];
  /** What codes that wait here are sealed to; none where the server has no key, or is of an earlier build. */
  seals?: { id: string; public_key: string } | null;
  desk: { id: string; name: string; name_en?: string };
  operator: string | null;
  may_override: boolean;
  sessions: PackedSession[];
  revoked: string[];
  people: Record<string, string>;
}

export interface PackedSession {
  id: string;
  activity_id: string;
  title: string;
  title_en: string;
  place: string;
  place_en: string;
  starts_at: string;
  ends_at: string;
  time_zone: string;
  opens_at: string;
  closes_at: string;
  walk_ins: boolean;
  /** Confirmed sign-ups. */
  signed_up: number;
  /** All that its activity asks at the door, in words. */
  questions: Question[];
}

/** A pack that this browser had put aside, perhaps under the build before, which called `signed_up` something else. */
export type PutAside = Omit<Pack, "sessions" | "operator"> & {
  operator?: string | null;
  sessions: (Omit<PackedSession, "signed_up"> & { signed_up?: number; expected?: number })[];
};

export interface Person {
  name: string;
  number: number;
  is_suspended: boolean;
  places: (Place & { role: string; role_en: string; note: string })[];
  inside: Inside | null;
}

const text = new TextEncoder();

/** The person whose pass has this secret; null where the roster knows none. */
export async function open(pack: Pack, secret: Uint8Array): Promise<Person | null> {
  const locator = base64url(await derive(secret, pack.salt, "timebank roster locator", 16));
  const sealed = pack.people[locator];
  if (!sealed) return null;
  const key = await crypto.subtle.importKey(
    "raw",
    await derive(secret, pack.salt, "timebank roster key", 32),
    "AES-GCM",
    false,
    ["decrypt"],
  );
  const bytes = fromBase64(sealed);
  const how = { name: "AES-GCM", iv: bytes.slice(0, 12), additionalData: text.encode(locator) };
  return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(how, key, bytes.slice(12))));
}

/** Whether the pass with this id, 16 bytes, was replaced by a newer one. */
export async function isReplaced(pack: Pack, passId: Uint8Array): Promise<boolean> {
  const salt = fromBase64(pack.salt);
  const whole = new Uint8Array(salt.length + passId.length);
  whole.set(salt);
  whole.set(passId, salt.length);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
  return pack.revoked.includes(base64url(digest.slice(0, 16)));
}

/** The same as the server packs today. */
export function asPutAside(kept: PutAside): Pack {
  const sessions = kept.sessions.map((session) => ({ ...session, signed_up: session.signed_up ?? session.expected ?? 0 }));
  return { ...kept, operator: kept.operator ?? null, sessions };
}

/** Whether the pack holds all these sessions: of others it can say nothing. */
export function covers(pack: Pack, sessions: string[]): boolean {
  const held = new Set(pack.sessions.map((session) => session.id));
  return sessions.every((session) => held.has(session));
}

/** What only the holder of the secret can tell: a locator or a key. */
export async function derive(secret: Uint8Array, salt: string, info: string, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const key = await crypto.subtle.importKey("raw", new Uint8Array(secret), "HKDF", false, ["deriveBits"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: fromBase64(salt), info: text.encode(info) };
  return new Uint8Array(await crypto.subtle.deriveBits(how, key, 8 * length));
}

export function fromBase64(encoded: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
}
