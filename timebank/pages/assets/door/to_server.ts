// The code of a scan that waits lies here sealed to the server: neither this desk nor who steals it can read it again. The formats are
// those of docs/vectors/sealed.json.
import type { Item } from "./queue";
import { fromBase64 } from "./roster";

/** The server's key: a point of P-256, 65 bytes in base64. */
export interface ServerKey {
  id: string;
  public_key: string;
}

/** What seals one code and no second one. */
export interface Fresh {
  keys: CryptoKeyPair;
  nonce: Uint8Array<ArrayBuffer>;
}

/** What a code is bound to: sealed for one scan it opens for no other. */
export type Bound = Pick<Item, "nonce" | "direction" | "happened_at" | "skew_ms">;

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const text = new TextEncoder();

async function fresh(): Promise<Fresh> {
  return {
    keys: await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]),
    nonce: crypto.getRandomValues(new Uint8Array(12)),
  };
}

/** `with_` is for the vectors only: a key never seals twice. */
export async function seal(code: string, scan: Bound, desk: string, to: ServerKey, with_?: Fresh): Promise<string> {
  const { keys, nonce } = with_ ?? (await fresh());
  const server = await crypto.subtle.importKey("raw", fromBase64(to.public_key), CURVE, false, []);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: server }, keys.privateKey, 256);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", keys.publicKey));
  const how = { name: "HKDF", hash: "SHA-256", salt: point, info: text.encode("timebank desk code") };
  const secret = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const key = await crypto.subtle.deriveKey(how, secret, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const bound = [desk, scan.nonce, scan.direction, scan.happened_at, scan.skew_ms ?? ""].join("\n");
  const under = { name: "AES-GCM", iv: nonce, additionalData: text.encode(bound) };
  const hidden = new Uint8Array(await crypto.subtle.encrypt(under, key, text.encode(code)));
  return `${to.id}.${base64url(new Uint8Array([...point, ...nonce, ...hidden]))}`;
}

/** The item with its code sealed. As it is where this browser or the server has nothing to seal with. */
export async function hidden(item: Item, desk: string, to: ServerKey | null | undefined): Promise<Item> {
  if (!to || item.code === "") return item;
  const sealed = await seal(item.code, item, desk, to).catch(() => "");
  return sealed ? { ...item, code: "", sealed } : item;
}

export function base64url(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
}
