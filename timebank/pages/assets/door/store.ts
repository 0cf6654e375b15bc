// What this desk keeps over a reload, a crash and a flat battery. The roster lies here as it came, sealed under the passes themselves;
// the rest under a key of this browser, where it has WebCrypto.
import { BOXES, type Box, type Store } from "./box";
import { canSeal, newKey, sealed } from "./sealed";

const KEY = "key";

/** In the browser's own database, one for each desk or member. Fails where the browser keeps none for this page. */
export async function inBrowser(owner: string): Promise<Store> {
  const database = await answer(opening(`timebank-desk-${owner}`));
  const within = async <T>(box: Box, mode: IDBTransactionMode, ask: (box: IDBObjectStore) => IDBRequest<T>[]): Promise<T[]> => {
    // Strict: a scan is on the disk before its answer is shown, so that a battery that dies takes no admission with it.
    const work = database.transaction(box, mode, { durability: "strict" });
    const asked = ask(work.objectStore(box));
    await ended(work);
    return asked.map((request) => request.result);
  };
  const store: Store = {
    all: async <T>(box: Box) => (await within<T[]>(box, "readonly", (them) => [them.getAll()])).flat() as T[],
    put: async (box, key, thing) => void (await within(box, "readwrite", (them) => [them.put(thing, key)])),
    remove: async (box, keys) => void (await within(box, "readwrite", (them) => keys.map((key) => them.delete(key)))),
    clear: async (box) => void (await within(box, "readwrite", (them) => [them.clear()])),
  };
  return canSeal() ? sealed(store, await keyOf(database, await newKey())) : store;
}

/** The key that lies there; `fresh` where there is none yet. */
async function keyOf(database: IDBDatabase, fresh: CryptoKey): Promise<CryptoKey> {
  // Two windows that open for the first time at once would each seal under a key of their own: looked at and put in one transaction,
  // which the browser gives to one after the other.
  const work = database.transaction(KEY, "readwrite", { durability: "strict" });
  let kept = fresh;
  const asked = work.objectStore(KEY).get(KEY);
  asked.onsuccess = () => {
    if (asked.result) kept = asked.result as CryptoKey;
    else work.objectStore(KEY).put(fresh, KEY);
  };
  await ended(work);
  return kept;
}

function opening(name: string): IDBOpenDBRequest {
  const request = indexedDB.open(name, 2);
  request.onupgradeneeded = () => {
    const missing = [...BOXES, KEY].filter((box) => !request.result.objectStoreNames.contains(box));
    for (const box of missing) request.result.createObjectStore(box);
  };
  return request;
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function ended(work: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    work.oncomplete = () => resolve();
    work.onabort = () => reject(work.error);
    work.onerror = () => reject(work.error);
  });
}
