// Scans that this desk decided by itself and the server has not heard of. One is written before its answer is shown, and leaves only
// with the server's answer to it: taken over, or refused and then on the list of refused ones (checkin-79).
import type { Answers } from "./answer";
import type { Store } from "./box";

/** One scan as it is uploaded. `reason` is this desk's own verdict, `happened_at` its raw clock. */
export interface Item {
  nonce: string;
  activities: string[];
  code: string;
  /** The same, sealed to the server; `code` is empty then. */
  sealed?: string;
  direction: "in" | "out";
  happened_at: string;
  skew_ms: number | null;
  reason: string;
  session?: string;
  override_reason?: string;
  answers?: Answers;
  undoes?: string;
  /** What was written down here about somebody whose code could not be checked; the organiser reads it. */
  remark?: string;
  /** The member who was signed in here when it was scanned. */
  operator?: string;
}

/** What this desk knows of a waiting scan beside what it sends: for the list of last scans, and for a file to hand in. */
export interface About {
  number?: number;
  /** The session's title. */
  title?: string;
}

/** The server's answer to one item. */
export interface Result {
  nonce: string;
  status: number;
  code: string;
  title: string;
  detail: string;
  disputed?: boolean;
  name?: string;
}

/** An item that the server did not take over as this desk had said it. */
export interface Rejected {
  item: Item;
  result: Result;
  about?: About;
}

/** A scan that waits. `failed`: the server fell over it, and may do so again. */
export interface Kept {
  position: number;
  item: Item;
  about?: About;
  failed?: boolean;
}

export interface Queue {
  /** Oldest first. */
  waiting(): Item[];
  /** The same, with what this desk knows beside. */
  kept(): Kept[];
  add(item: Item, about?: About): Promise<void>;
  /** Writes something down beside a scan that waits. False where it has been sent meanwhile. */
  remark(nonce: string, text: string): Promise<boolean>;
  settle(results: Result[]): Promise<number>;
  rejected(): Rejected[];
  /** A person has read it. */
  dismiss(nonce: string): Promise<void>;
  /** Codes in the open go; `hide` may seal them. What is left says when, where and about whom. For a withdrawn desk. */
  forgetCodes(hide: (item: Item) => Promise<Item>): Promise<void>;
}

/** What the server says of an item that it cannot take: it fell over it, or what is sealed was sealed to another one. */
const FAULTS = ["fault", "cannot_open"];

/** The queue as it was left. */
export async function open(store: Store): Promise<Queue> {
  let waiting = (await store.all<Kept>("queue")).sort((one, other) => one.position - other.position);
  let rejected = await store.all<Rejected>("rejected");
  let position = waiting.at(-1)?.position ?? 0;

  async function change(kept: Kept, how: Partial<Kept>): Promise<void> {
    const changed = { ...kept, ...how };
    await store.put("queue", kept.item.nonce, changed);
    waiting = waiting.map((one) => (one.item.nonce === kept.item.nonce ? changed : one));
  }

  const find = (nonce: string) => waiting.find((kept) => kept.item.nonce === nonce);

  return {
    waiting: () => waiting.map((kept) => kept.item),
    kept: () => waiting,
    rejected: () => rejected,
    async add(item, about) {
      const kept = { position: ++position, item, ...(about ? { about } : {}) };
      await store.put("queue", item.nonce, kept);
      waiting = [...waiting, kept];
    },
    async remark(nonce, remark) {
      const kept = find(nonce);
      if (kept) await change(kept, { item: { ...kept.item, remark } });
      return kept !== undefined && find(nonce) !== undefined;
    },
    async settle(results) {
      for (const result of results.filter((one) => FAULTS.includes(one.code))) {
        const kept = find(result.nonce);
        if (kept && !kept.failed) await change(kept, { failed: true });
      }
      const by = new Map(results.filter((result) => result.status < 500).map((result) => [result.nonce, result]));
      const settled = waiting.filter((kept) => by.has(kept.item.nonce));
      for (const { item, about } of settled) {
        const result = by.get(item.nonce) as Result;
        if (!isNews(item, result)) continue;
        // The server has the code in its log; here it was only of use for sending.
        const { sealed: _, ...rest } = item;
        const one = { item: { ...rest, code: "" }, result, ...(about ? { about } : {}) };
        await store.put("rejected", item.nonce, one);
        rejected = [...rejected.filter((other) => other.item.nonce !== item.nonce), one];
      }
      // The list of refused ones first: a crash in between uploads the item again and finds the same answer, never none.
      await store.remove("queue", [...by.keys()]);
      waiting = waiting.filter((kept) => !by.has(kept.item.nonce));
      return settled.length;
    },
    async dismiss(nonce) {
      await store.remove("rejected", [nonce]);
      rejected = rejected.filter((one) => one.item.nonce !== nonce);
    },
    async forgetCodes(hide) {
      for (const kept of waiting) if (kept.item.code) await change(kept, { item: { ...(await hide(kept.item)), code: "" } });
    },
  };
}

/** Whether somebody was let in here and the server does not take it over: nothing counts for that person until a human being acts. */
export function isLost(item: Item, result: Result): boolean {
  return item.reason === "ok" && !item.undoes && result.status >= 400;
}

/** Whether somebody at the desk has to hear of it: what was said at the door is not what the server says. */
export function isNews(item: Item, result: Result): boolean {
  if (result.disputed || result.code === "duplicate_offline") return true;
  const wasRefused = !["ok", "unjudged"].includes(item.reason);
  return result.status >= 400 && !(wasRefused && result.code !== "malformed");
}
