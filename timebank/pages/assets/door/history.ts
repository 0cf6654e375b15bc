// What happened at this desk since the roster was packed, so that a pass is not let in twice here while offline (checkin-77). People
// are their numbers; nothing else of them is kept in the clear.
import type { Inside, Place } from "./decision";

/** An accepted scan of this desk. `at` is the server's time, measured or corrected; `is_known` where the server has it. */
export interface Done {
  nonce: string;
  number: number;
  session: string;
  title: string;
  direction: "in" | "out";
  at: string;
  is_known: boolean;
  is_undone: boolean;
}

/** The roster is read a little before the instant that it bears; what happened then is counted here too, which does no harm. */
const MARGIN = 5000;

/** Those that a roster made at that instant cannot know, oldest first. */
export function since(done: Done[], madeAt: string): Done[] {
  const from = Date.parse(madeAt) - MARGIN;
  return done
    .filter((one) => !one.is_undone && (!one.is_known || Date.parse(one.at) > from))
    .sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
}

/** The places of a person and where the person is inside, after all that. */
export function after<P extends Place>(
  places: P[],
  inside: Inside | null,
  done: Done[],
): { places: P[]; inside: Inside | null } {
  let [now, where] = [places, inside];
  for (const one of done) {
    const place = now.find((known) => known.session === one.session);
    if (!place) continue;
    if (one.direction === "in") {
      now = now.map((known) => (known === place ? { ...known, entries: (known.entries ?? 0) + 1 } : known));
      where = { session: one.session, closes_at: place.closes_at };
    } else if (where?.session === one.session) where = null;
  }
  return { places: now, inside: where };
}
