// What happened at this desk since the roster was packed, so that a pass is not let in twice here while offline (checkin-77). People
// are their numbers; nothing else of them is kept in the clear.
import type { Inside, Place } from "./decision";

/** An accepted scan of this desk. `at` is the server's time, measured or corrected; `is_known` where the server has it. */
export interface Done {
  nonce: string;
  number: number;
  session: string;
  title: string;
  title_en?: string;
  direction: "in" | "out";
  at: string;
  is_known: boolean;
  is_undone: boolean;
  /** When the server heard of the undo, by its own time; absent as long as it has not. */
  undone_at?: string;
}

/** The roster is read a little before the instant that it bears; what happened then is counted here too, which does no harm. */
const MARGIN = 5000;

/** Those that a roster made at that instant cannot know, oldest first. */
export function since(done: Done[], madeAt: string): Done[] {
  const from = Date.parse(madeAt) - MARGIN;
  return inOrder(done.filter((one) => !one.is_undone && (!one.is_known || Date.parse(one.at) > from)));
}

/** Those that such a roster counts although they were undone here, oldest first. */
function undoneSince(done: Done[], madeAt: string): Done[] {
  const made = Date.parse(madeAt);
  const isHeld = (one: Done) => one.is_known && Date.parse(one.at) <= made;
  const isNews = (one: Done) => one.undone_at === undefined || Date.parse(one.undone_at) > made - MARGIN;
  return inOrder(done.filter((one) => one.is_undone && isHeld(one) && isNews(one)));
}

/** Whether a scan of the same person the same way, next before or after it, stands in its place once it is undone. */
export function isDoubled(one: Done, done: Done[]): boolean {
  const own = done.filter((other) => other.number === one.number && other.session === one.session);
  const standing = inOrder(own.filter((other) => !other.is_undone && other.nonce !== one.nonce));
  const next = standing.findIndex((other) => Date.parse(other.at) > Date.parse(one.at));
  const at = next < 0 ? standing.length : next;
  return [standing[at - 1], standing[at]].some((other) => other?.direction === one.direction);
}

/** The places of a person and where the person is inside, as a roster made at that instant has them and after all that was done and
 * undone here. `done` is of this person only. */
export function after<P extends Place>(
  places: P[],
  inside: Inside | null,
  done: Done[],
  madeAt: string,
): { places: P[]; inside: Inside | null } {
  let [now, where] = [places, inside];
  for (const one of undoneSince(done, madeAt).reverse()) {
    const place = now.find((known) => known.session === one.session);
    if (!place) continue;
    const standing = done.filter((other) => !other.is_undone && other.session === one.session);
    const isLast = standing.every((other) => Date.parse(other.at) < Date.parse(one.at));
    if (one.direction === "in") {
      now = now.map((known) => (known === place ? { ...known, entries: Math.max(0, (known.entries ?? 0) - 1) } : known));
      if (isLast && where?.session === one.session) where = null;
    } else if (isLast) where ??= { session: one.session, closes_at: place.closes_at };
  }
  for (const one of since(done, madeAt)) {
    const place = now.find((known) => known.session === one.session);
    if (!place) continue;
    if (one.direction === "in") {
      now = now.map((known) => (known === place ? { ...known, entries: (known.entries ?? 0) + 1 } : known));
      where = { session: one.session, closes_at: place.closes_at };
    } else if (where?.session === one.session) where = null;
  }
  return { places: now, inside: where };
}

function inOrder(done: Done[]): Done[] {
  return done.sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
}
