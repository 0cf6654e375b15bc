// Scans that this desk decided by itself and the server has not heard of. One is written before its answer is shown, and leaves only
// with the server's answer to it: taken over, or refused and then on the list of refused ones (checkin-79).
import type { Answers } from "./answer";
import type { Store } from "./store";

/** One scan as it is uploaded. `reason` is this desk's own verdict, `happened_at` its raw clock. */
export interface Item {
  nonce: string;
  activities: string[];
  code: string;
  direction: "in" | "out";
  happened_at: string;
  skew_ms: number | null;
  reason: string;
  session?: string;
  override_reason?: string;
  answers?: Answers;
  undoes?: string;
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
}

interface Kept {
  position: number;
  item: Item;
}

export interface Queue {
  /** Oldest first. */
  waiting(): Item[];
  add(item: Item): Promise<void>;
  settle(results: Result[]): Promise<number>;
  rejected(): Rejected[];
  /** A person has read it. */
  dismiss(nonce: string): Promise<void>;
}

/** The queue as it was left. */
export async function open(store: Store): Promise<Queue> {
  const waiting = (await store.all<Kept>("queue")).sort((one, other) => one.position - other.position);
  let rejected = await store.all<Rejected>("rejected");
  let position = waiting.at(-1)?.position ?? 0;

  return {
    waiting: () => waiting.map((kept) => kept.item),
    rejected: () => rejected,
    async add(item) {
      const kept = { position: ++position, item };
      await store.put("queue", item.nonce, kept);
      waiting.push(kept);
    },
    async settle(results) {
      const by = new Map(results.filter((result) => result.status < 500).map((result) => [result.nonce, result]));
      const settled = waiting.filter((kept) => by.has(kept.item.nonce));
      for (const { item } of settled) {
        const result = by.get(item.nonce) as Result;
        if (!isNews(item, result)) continue;
        await store.put("rejected", item.nonce, { item, result });
        rejected = [...rejected.filter((one) => one.item.nonce !== item.nonce), { item, result }];
      }
      // The list of refused ones first: a crash in between uploads the item again and finds the same answer, never none.
      await store.remove("queue", [...by.keys()]);
      for (const kept of settled) waiting.splice(waiting.indexOf(kept), 1);
      return settled.length;
    },
    async dismiss(nonce) {
      await store.remove("rejected", [nonce]);
      rejected = rejected.filter((one) => one.item.nonce !== nonce);
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
