// What this desk keeps over a reload, a crash and a flat battery. The roster lies here as it came, sealed under the passes themselves;
// the rest under a key of this browser, where it has WebCrypto.
import { BOXES, type Box, type Store } from "./box";
import { canSeal, newKey, sealed } from "./sealed";

const KEY = "key";

/** In the browser's own database, one for each desk or member. Fails where the browser keeps none for this page, or
 * another window does not let go of it. */
export async function inBrowser(owner: string): Promise<Store> {
  const database = await opened(`timebank-desk-${owner}`);
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

/** The database, opened. A window of an earlier build may hold it and not make way: nobody waits for it. */
function opened(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 2);
    request.onupgradeneeded = () => {
      const missing = [...BOXES, KEY].filter((box) => !request.result.objectStoreNames.contains(box));
      for (const box of missing) request.result.createObjectStore(box);
    };
    request.onblocked = () => reject(new Error("another window holds the database of an earlier build"));
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const database = request.result;
      // Nor does this window stop a newer build: it is told to be loaded again with the next scan.
      database.onversionchange = () => database.close();
      resolve(database);
    };
  });
}

function ended(work: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    work.oncomplete = () => resolve();
    work.onabort = () => reject(work.error);
    work.onerror = () => reject(work.error);
  });
}
