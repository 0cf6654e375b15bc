// What makes this phone a pass, kept in the browser's own database. The key can be used there, and never be read out of it.

/** Instants are in milliseconds by the server's clock; `ahead` is what to add to this phone's clock to get it. */
export interface Kept {
  id: string;
  member: string;
  name: string;
  number: number;
  typed: string;
  key: CryptoKey;
  credential: string;
  goodUntil: number;
  contactAt: number;
  ahead: number;
}

const BOX = "pass";
const PLACE = "own";

export function open(): Promise<IDBDatabase> {
  const request = indexedDB.open("timebank-pass", 1);
  request.onupgradeneeded = () => request.result.createObjectStore(BOX);
  return done(request);
}

export async function read(): Promise<Kept | null> {
  return ((await ask("readonly", (box) => box.get(PLACE))) as Kept | undefined) ?? null;
}

export async function write(kept: Kept): Promise<void> {
  await ask("readwrite", (box) => box.put(kept, PLACE));
}

/** Nothing is left with which this phone could be a pass. */
export async function forget(): Promise<void> {
  await ask("readwrite", (box) => box.delete(PLACE));
}

async function ask(mode: IDBTransactionMode, what: (box: IDBObjectStore) => IDBRequest): Promise<unknown> {
  const database = await open();
  try {
    return await done(what(database.transaction(BOX, mode).objectStore(BOX)));
  } finally {
    database.close();
  }
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export type Key = { key: CryptoKey; publicKey: ArrayBuffer };

/** A new key of this phone: WebCrypto signs with it and gives nobody its private half. */
export async function newKey(): Promise<Key> {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  return { key: pair.privateKey, publicKey: await crypto.subtle.exportKey("raw", pair.publicKey) };
}

export function signer(key: CryptoKey): (data: Uint8Array<ArrayBuffer>) => Promise<Uint8Array> {
  return async (data) => new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, data));
}
