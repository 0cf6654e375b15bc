// The last scans of a desk as it keeps them over a reload.
import type { Answer } from "./answer";
import type { Store } from "./box";
import type { Done } from "./history";
import type { Scan } from "./judge";
import type { State } from "./state";

/** What the desk has done is of use until the next roster, and no longer than a day. */
const KEPT_FOR = 24 * 3_600_000;

/** What this desk has done lately; the rest is forgotten. */
export async function recent(store: Store, now: number): Promise<Done[]> {
  const done = await store.all<Done>("done");
  const old = done.filter((one) => one.is_known && now - Date.parse(one.at) > KEPT_FOR);
  await store.remove(
    "done",
    old.map((one) => one.nonce),
  );
  return done.filter((one) => !old.includes(one));
}

/** An admission as it is kept; null where the answer does not say of whom. */
export function doneOf(answer: Answer, scan: Scan, at: string, isKnown: boolean): Done | null {
  if (!answer.session || answer.number === undefined) return null;
  return {
    nonce: scan.nonce,
    number: answer.number,
    session: answer.session.id,
    title: answer.session.title,
    title_en: answer.session.title_en,
    direction: scan.direction,
    at,
    is_known: isKnown,
    is_undone: false,
  };
}

/** Keeps one, in the place of what was known of it. A disk that takes no more keeps nobody out: it stands in the state all the same. */
export async function keep(store: Store, state: Pick<State, "done">, done: Done): Promise<void> {
  await store.put("done", done.nonce, done).catch(() => undefined);
  state.done = [...state.done.filter((one) => one.nonce !== done.nonce), done];
}
