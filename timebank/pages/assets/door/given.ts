// What tests of the desk start from: Thursday's choir from nine, a server's key, cards that it signed, a roster that it packed, and a
// network that can be cut. Sealing is the server's business; it is done here only so that there is something to open.
import { ed25519 } from "@noble/curves/ed25519.js";
import type { Answer } from "./answer";
import { textOf, textOfNumber } from "./base32";
import type { Item, Result } from "./queue";
import { derive, fromBase64, type Pack, type Person } from "./roster";
import type { Call, Reply } from "./server";
import type { Words } from "./words";

const SECRET = new Uint8Array(32).fill(7);
const SALT = btoa("a salt of 16 byt");
const text = new TextEncoder();

export const NINE = Date.parse("2026-11-26T01:00:00Z");
export const CHOIR = "6f1d3c52-8f0b-4a39-9a3e-0d7f7b1c2a01";
export const READING = "6f1d3c52-8f0b-4a39-9a3e-0d7f7b1c2a02";
export const ACTIVITY = "11111111-0000-4000-8000-000000000001";

export interface Card {
  text: string;
  signature: Uint8Array;
  passId: Uint8Array<ArrayBuffer>;
}

/** The card of the pass with this number, signed by our server unless told otherwise. */
export function card(number: number, key = SECRET): Card {
  const passId = new Uint8Array(16).fill(number);
  const signed = `TB1SERVERABKEYA${textOf(passId)}${textOfNumber(1, 4)}`;
  const signature = ed25519.sign(text.encode(signed), key);
  return { text: signed + textOf(signature), signature, passId };
}

export function place(session = CHOIR, more: Partial<Person["places"][number]> = {}): Person["places"][number] {
  const [opens_at, starts_at, closes_at] = ["2026-11-26T00:30:00Z", "2026-11-26T01:00:00Z", "2026-11-26T03:00:00Z"];
  return { session, opens_at, starts_at, closes_at, role: "歌手", role_en: "Singer", note: "", ...more };
}

export function person(name: string, number: number, more: Partial<Person> = {}): Person {
  return { name, number, is_suspended: false, places: [place()], inside: null, ...more };
}

/** A roster of the choir and the reading, made at nine, with these people under their cards. */
export async function pack(people: [Card, Person][], more: Partial<Pack> = {}): Promise<Pack> {
  const sealed = await Promise.all(people.map(([one, who]) => seal(one.signature, who)));
  const about = {
    activity_id: ACTIVITY,
    place: "礼堂",
    place_en: "Hall",
    time_zone: "Asia/Shanghai",
    walk_ins: true,
    signed_up: 2,
    questions: [],
  };
  const when = { starts_at: "", ends_at: "", opens_at: "", closes_at: "" };
  return {
    made_at: "2026-11-26T01:00:00Z",
    server: "SERVERAB",
    salt: SALT,
    near_minutes: 720,
    keys: [{ id: "KEYA", public_key: btoa(String.fromCharCode(...ed25519.getPublicKey(SECRET))) }],
    desk: { id: "d", name: "Hall door" },
    operator: "alice",
    may_override: true,
    sessions: [
      { id: CHOIR, title: "合唱", title_en: "Choir", ...about, ...when },
      { id: READING, title: "读报", title_en: "Reading", ...about, ...when },
    ],
    revoked: [],
    people: Object.fromEntries(sealed),
    ...more,
  };
}

async function seal(secret: Uint8Array, who: Person): Promise<[string, string]> {
  const bytes = await derive(secret, SALT, "timebank roster locator", 16);
  const locator = btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
  const raw = await derive(secret, SALT, "timebank roster key", 32);
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt"]);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const how = { name: "AES-GCM", iv, additionalData: text.encode(locator) };
  const hidden = new Uint8Array(await crypto.subtle.encrypt(how, key, text.encode(JSON.stringify(who))));
  return [locator, btoa(String.fromCharCode(...iv, ...hidden))];
}

/** The mark of a replaced pass. */
export async function mark(one: Card): Promise<string> {
  const whole = new Uint8Array([...fromBase64(SALT), ...one.passId]);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", whole)).slice(0, 16);
  return btoa(String.fromCharCode(...digest))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
}

export const words: Words = {
  refusals: {
    already_in: ["Already in.", "Since {since}."],
    too_early: ["Too early.", "Opens at {time}."],
    revoked: ["Replaced.", ""],
  },
  said: {
    in: "Checked in",
    in_next: "In since {time}.",
    out: "Checked out",
    out_next: "Out at {time}.",
    unjudged: "Noted",
    not_allowed: "Not allowed",
    not_signed_up_next: "Write down the name.",
  },
  of_typed: {
    wrong_length: ["Eight characters, {typed} typed.", "Type all eight."],
    mistyped: ["No such card.", "Compare it."],
  },
};

/** A server at the other end of a network that can be cut; it takes over every upload and remembers what it was asked. */
export class Network {
  isCut = false;
  asked: { path: string; body: Record<string, unknown> }[] = [];
  uploaded: Item[] = [];
  answers: Record<string, Reply<unknown>> = {};
  /** Gone after the server has it: the answer to this many calls gets lost. */
  losing = 0;
  most = 1000;
  /** Items of these nonces end in a fault of its own. */
  falls: string[] = [];

  constructor(private went: (well: boolean) => void) {}

  call: Call = async <T>(_method: "GET" | "POST", path: string, body?: unknown) => {
    const reply = this.isCut ? null : this.answer(path, (body ?? {}) as Record<string, unknown>);
    const isLost = reply !== null && this.losing > 0 && this.losing-- > 0;
    this.went(reply !== null && !isLost);
    return isLost ? null : (reply as Reply<T> | null);
  };

  private answer(path: string, body: Record<string, unknown>): Reply<unknown> {
    this.asked.push({ path, body });
    if (this.answers[path]) return this.answers[path];
    if (path === "/api/v1/scans/uploads") return this.take(body.items as Item[]);
    return { status: 201, body: accepted("Bob", 2) };
  }

  private take(items: Item[]): Reply<unknown> {
    if (items.length > this.most) return { status: 413, body: { code: "too_large", title: "Too large.", detail: "" } };
    const known = new Set(this.uploaded.map((item) => item.nonce));
    this.uploaded.push(...items.filter((item) => !known.has(item.nonce) && !this.falls.includes(item.nonce)));
    const results: Result[] = items.map(({ nonce, reason }) => {
      if (this.falls.includes(nonce)) return { nonce, status: 500, code: "fault", title: "", detail: "" };
      const isLetIn = ["ok", "unjudged"].includes(reason);
      return { nonce, status: isLetIn ? 201 : 409, code: isLetIn ? "ok" : reason, title: "", detail: "" };
    });
    return { status: 200, body: { received_at: "2026-11-26T02:00:00Z", items: results } };
  }
}

/** Bob's card, let in by the desk at nine, unless told otherwise. */
export function item(nonce: string, more: Partial<Item> = {}): Item {
  const usual = { activities: [ACTIVITY], code: "TB1SECRET", direction: "in" as const, skew_ms: 0, reason: "ok" };
  return { nonce, happened_at: "2026-11-26T01:00:00Z", ...usual, ...more };
}

export function accepted(name: string, number: number, session = CHOIR): Answer {
  const about = { id: session, title: "合唱", title_en: "Choir", place: "", place_en: "" };
  return { code: "ok", status: 201, title: "Checked in", detail: "", name, number, session: about, at: "2026-11-26T01:00:30Z" };
}
