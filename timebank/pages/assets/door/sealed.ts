// What a desk keeps of people lies sealed: scans that wait, those that were refused, and what it has done. The key cannot be read out of
// the browser, so a copy of the device's files tells nobody's code. It is no help against a program that runs in this very page.
import type { Box, Store } from "./box";

const SEALED: readonly Box[] = ["queue", "rejected", "done"];
const text = new TextEncoder();

interface Sealed {
  iv: Uint8Array<ArrayBuffer>;
  hidden: ArrayBuffer;
}

/** Browsers keep WebCrypto for addresses with https, and for the machine itself. */
export function canSeal(): boolean {
  return globalThis.crypto?.subtle !== undefined;
}

/** A new key, good in this browser only: no script and no copy of it can read its bytes. */
export async function newKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/** The same store; what is about people goes through the key. What lay there unsealed is still read, and sealed when it is put anew. */
export function sealed(store: Store, key: CryptoKey): Store {
  return {
    ...store,
    all: async <T>(box: Box) => {
      const kept = await store.all<unknown>(box);
      return (await Promise.all(kept.map((one) => (isSealed(one) ? open(key, box, one) : one)))) as T[];
    },
    put: async (box, name, thing) => store.put(box, name, SEALED.includes(box) ? await seal(key, box, thing) : thing),
  };
}

async function seal(key: CryptoKey, box: Box, thing: unknown): Promise<Sealed> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const how = { name: "AES-GCM", iv, additionalData: text.encode(box) };
  return { iv, hidden: await crypto.subtle.encrypt(how, key, text.encode(JSON.stringify(thing))) };
}

async function open(key: CryptoKey, box: Box, { iv, hidden }: Sealed): Promise<unknown> {
  const how = { name: "AES-GCM", iv, additionalData: text.encode(box) };
  return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(how, key, hidden)));
}

function isSealed(thing: unknown): thing is Sealed {
  return typeof thing === "object" && thing !== null && "hidden" in thing && "iv" in thing;
}
