// What this kiosk has asked for and not yet had an answer to. It outlives a power cut, because it is written before the request goes out.

/** One exchange that was asked for: its key, and when it was sent by this kiosk's own clock (only ever shown, never judged by). */
export interface Open {
  key: string;
  sent: string;
}

const NAME = "timebank.kiosk.open";

/** A note book with the two functions of localStorage that the journal needs. */
export type Book = Pick<Storage, "getItem" | "setItem">;

/** Every exchange whose outcome is not known yet, oldest first. A book that cannot be read counts as empty. */
export function open(book: Book): Open[] {
  try {
    const found: unknown = JSON.parse(book.getItem(NAME) ?? "[]");
    return Array.isArray(found) ? found.filter(isOpen) : [];
  } catch {
    return [];
  }
}

function isOpen(found: unknown): found is Open {
  return typeof found === "object" && found !== null && typeof (found as Open).key === "string";
}

/** Before the request: from now on the key has to be settled. Writing it twice keeps one line. */
export function note(book: Book, key: string, sent: string): void {
  const others = open(book).filter((one) => one.key !== key);
  book.setItem(NAME, JSON.stringify([...others, { key, sent }]));
}

/** The outcome is known; nothing is left to ask. */
export function settle(book: Book, key: string): void {
  book.setItem(NAME, JSON.stringify(open(book).filter((one) => one.key !== key)));
}
