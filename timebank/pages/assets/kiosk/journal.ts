// What this kiosk has asked for and not yet had an answer to. It outlives a power cut, because it is on the disk before the request goes out.

/** One exchange that was asked for: its key, and when it was sent by this kiosk's own clock (only ever shown, never judged by). */
export interface Open {
  key: string;
  sent: string;
}

/** Where the keys lie. `put` has been written when it comes back; it fails where nothing can be kept. */
export interface Journal {
  all(): Promise<Open[]>;
  put(one: Open): Promise<void>;
  remove(key: string): Promise<void>;
}

const NAME = "timebank-kiosk";
const BOX = "open";
const FORMER = "timebank.kiosk.open";

/** Gone with the page. For tests. */
export function inMemory(): Journal {
  const kept = new Map<string, Open>();
  return {
    all: async () => inOrder([...kept.values()]),
    put: async (one) => void kept.set(one.key, one),
    remove: async (key) => void kept.delete(key),
  };
}

/** Of a browser that keeps nothing: no exchange is asked for, because after a power cut nobody could settle it. */
export function unwritable(): Journal {
  return { all: async () => [], put: () => Promise.reject(new Error("no journal")), remove: async () => undefined };
}

/** In the browser's own database. Fails where it keeps none. */
export async function inBrowser(former: Pick<Storage, "getItem" | "removeItem"> = localStorage): Promise<Journal> {
  const database = await opened();
  const within = async <T>(mode: IDBTransactionMode, ask: (box: IDBObjectStore) => IDBRequest<T>): Promise<T> => {
    // Strict: a plug that is pulled right after the request went out takes no key with it.
    const work = database.transaction(BOX, mode, { durability: "strict" });
    const asked = ask(work.objectStore(BOX));
    await ended(work);
    return asked.result;
  };
  const journal: Journal = {
    all: async () => inOrder(await within<Open[]>("readonly", (box) => box.getAll())),
    put: async (one) => void (await within("readwrite", (box) => box.put(one))),
    remove: async (key) => void (await within("readwrite", (box) => box.delete(key))),
  };
  // The build before kept its keys elsewhere; what was open then is settled now.
  for (const one of read(former.getItem(FORMER))) await journal.put(one);
  former.removeItem(FORMER);
  return journal;
}

/** The keys in a text that the build before has written. What cannot be read counts as none. */
export function read(text: string | null): Open[] {
  try {
    const found: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(found) ? found.filter(isOpen) : [];
  } catch {
    return [];
  }
}

function isOpen(found: unknown): found is Open {
  return typeof found === "object" && found !== null && typeof (found as Open).key === "string";
}

function inOrder(found: Open[]): Open[] {
  return found.sort((one, other) => (one.sent < other.sent ? -1 : 1));
}

function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(BOX, { keyPath: "key" });
    request.onblocked = () => reject(new Error("another window holds the journal of an earlier build"));
    request.onerror = () => reject(request.error);
    request.onsuccess = () => resolve(request.result);
  });
}

function ended(work: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    work.oncomplete = () => resolve();
    work.onabort = () => reject(work.error);
    work.onerror = () => reject(work.error);
  });
}
