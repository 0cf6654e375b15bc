// The offline decision: the roster and what this desk has done since say what the server would be asked, and the same pure function
// decides. What cannot be judged here (a typed code, a roster that is missing) is noted and never looks like an admission.
import type { Answers } from "./answer";
import { read } from "./codes";
import { type Asked, decide, type Verdict } from "./decision";
import { after, type Done } from "./history";
import { covers, isReplaced, open, type Pack, type Person } from "./roster";
import { verify } from "./verify";

/** A scan as the desk took it. `session` is the choice after `ambiguous`. */
export interface Scan {
  activities: string[];
  sessions: string[];
  code: string;
  direction: "in" | "out";
  nonce: string;
  happened_at: string;
  session?: string;
  override?: { reason: string };
  answers?: Answers;
}

/** `verdict` is null where nothing could be judged; `person` is known where the pass opened its part of the roster. `at` is the
 * instant that counts, the server's time in milliseconds. */
export interface Judged {
  at: number;
  verdict: Verdict | null;
  person: Person | null;
}

/** Judges a scan at an instant, the server's time in milliseconds. `done` is what this desk has done. */
export async function judge(scan: Scan, pack: Pack | null, done: Done[], now: number): Promise<Judged> {
  const code = read(scan.code);
  if (code?.kind === "typed" || (!pack && code)) return { at: now, verdict: null, person: null };
  const known = { server: pack?.server ?? "", keys: pack?.keys ?? [] };
  const { facts, secret, passId } = await verify(code, known, now);
  const person = pack && secret ? await open(pack, secret) : null;
  // A roster of other sessions cannot tell a stranger from somebody whom it does not hold.
  const isStranger = secret !== null && person === null;
  const replaced = pack !== null && passId !== null && secret !== null && (await isReplaced(pack, passId));
  if (isStranger && !replaced && !(pack && covers(pack, scan.sessions))) return { at: now, verdict: null, person: null };
  const asked = { ...question(scan, now), code: { ...facts, is_replaced: replaced } };
  return { at: now, verdict: decide(person && pack ? { ...asked, ...about(person, scan, pack, done) } : asked), person };
}

function question(scan: Scan, now: number): Asked {
  return {
    now: new Date(now).toISOString(),
    direction: scan.direction,
    session: scan.session ?? null,
    is_override: scan.override !== undefined,
    answers: scan.answers ?? {},
  };
}

/** What is known of the person: as packed, and as this desk has seen since. */
function about(person: Person, scan: Scan, pack: Pack, done: Done[]): Pick<Asked, "is_suspended" | "places" | "inside"> {
  const named = new Set(pack.sessions.filter((one) => scan.activities.includes(one.activity_id)).map((one) => one.id));
  const own = done.filter((one) => one.number === person.number);
  const { places, inside } = after(person.places, person.inside, own, pack.made_at);
  return { is_suspended: person.is_suspended, places: places.filter((place) => named.has(place.session)), inside };
}
