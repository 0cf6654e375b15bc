// May this scan pass? The twin of schedules/decision.py, for a desk without a network: held to the same vectors, byte for byte.
// Instants are RFC 3339 text, ids opaque text; what is left out of a question is as docs/vectors/README.md says.

const HOURS = 3_600_000_000;
const NEAR = 12 * HOURS;
const MINUTE = 60_000_000;
/** What is blank besides the first 33 characters; written out, because languages differ in it. */
const BLANK =
  "\x7f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u2028\u2029\u202f\u205f\u3000\ufeff";

/** Every reason code and its HTTP status. */
export const STATUS: Readonly<Record<string, number>> = {
  ok: 201,
  desk_revoked: 403,
  not_allowed: 403,
  nonce_conflict: 409,
  unknown_pass: 404,
  foreign_pass: 404,
  bad_signature: 404,
  revoked: 409,
  stale_code: 409,
  blocked: 409,
  not_signed_up_here: 409,
  ambiguous: 409,
  activity_cancelled: 409,
  cancelled: 409,
  withdrawn: 409,
  rejected: 409,
  not_approved: 409,
  waitlisted: 409,
  too_early: 409,
  too_late: 409,
  qualification_missing: 409,
  incomplete: 409,
  already_in: 409,
  already_elsewhere: 409,
};

const PASSABLE = new Set([
  "revoked",
  "blocked",
  "cancelled",
  "withdrawn",
  "rejected",
  "not_approved",
  "too_early",
  "too_late",
  "qualification_missing",
  "incomplete",
  "already_in",
]);

const OF_STATE: Readonly<Partial<Record<State, string>>> = {
  requested: "not_approved",
  lapsed: "not_approved",
  waiting: "waitlisted",
  offered: "waitlisted",
  rejected: "rejected",
  withdrawn: "withdrawn",
  cancelled: "cancelled",
};

export type State = "requested" | "confirmed" | "waiting" | "offered" | "rejected" | "lapsed" | "withdrawn" | "cancelled";

/** What is known about the code; left out is as it should be. */
export interface CodeFacts {
  is_ours?: boolean;
  is_of_this_server?: boolean;
  has_key?: boolean;
  is_signed?: boolean;
  leads_to_somebody?: boolean;
  is_replaced?: boolean;
  is_fresh?: boolean;
}

export interface Question {
  id: string;
  kind: "acknowledge" | "text" | "number" | "choice";
  choices?: readonly string[];
  is_required?: boolean;
}

/** One sign-up of the person at a session of the activities named. */
export interface Place {
  session: string;
  state?: State;
  opens_at: string;
  starts_at: string;
  closes_at: string;
  late_after?: number;
  is_expected?: boolean;
  is_called_off?: boolean;
  is_qualified?: boolean;
  questions?: readonly Question[];
  allows_reentry?: boolean;
  allows_many?: boolean;
  entries?: number;
}

export interface Inside {
  session: string;
  closes_at: string;
}

export type Answer = string | number | boolean | null;

/** A scan and every fact that decides about it. */
export interface Asked {
  now: string;
  direction?: "in" | "out";
  desk_is_revoked?: boolean;
  is_allowed?: boolean;
  earlier?: "none" | "same" | "other";
  code?: CodeFacts;
  is_suspended?: boolean;
  session?: string | null;
  places?: readonly Place[];
  inside?: Inside | null;
  is_override?: boolean;
  shows_questions?: boolean;
  answers?: Readonly<Record<string, Answer>>;
}

/** The reason code and what follows from it; what is nothing is left out. */
export interface Verdict {
  reason: string;
  session?: string;
  choices?: string[];
  questions?: string[];
  passed_over?: string[];
  is_repeat?: true;
  is_late?: true;
  lacks_entry?: true;
  questions_open?: true;
  forgotten?: string;
}

/** The verdict: the first objection that stands, or `ok`. */
export function decide(asked: Asked): Verdict {
  if (asked.desk_is_revoked) return { reason: "desk_revoked" };
  if (asked.is_allowed === false) return { reason: "not_allowed" };
  if (asked.earlier === "same") return { reason: "ok", is_repeat: true };
  if (asked.earlier === "other") return { reason: "nonce_conflict" };
  const passed: string[] = [];
  for (const objection of objections(asked)) {
    if (!(asked.is_override && PASSABLE.has(objection.reason))) return { ...objection, ...over(passed) };
    passed.push(objection.reason);
  }
  return admitted(asked, pick(asked)[0] as Place, passed);
}

function over(passed: string[]): Pick<Verdict, "passed_over"> {
  return passed.length ? { passed_over: passed } : {};
}

function* objections(asked: Asked): Generator<Verdict> {
  yield* ofCode(asked.code ?? {});
  if (asked.is_suspended) yield { reason: "blocked" };
  const tied = pick(asked);
  const [place] = tied;
  if (!place) {
    yield { reason: "not_signed_up_here" };
    return;
  }
  if (tied.length > 1) yield { reason: "ambiguous", choices: tied.map((one) => one.session) };
  const { session } = place;
  if (place.is_called_off && !(asked.direction === "out" && isInside(asked, place))) {
    yield { reason: "activity_cancelled", session };
  }
  const reason = OF_STATE[place.state ?? "confirmed"];
  if (reason) yield { reason, session };
  if (asked.direction !== "out") yield* ofEntry(asked, place);
}

/** Step 5, in its order. */
function* ofCode(code: CodeFacts): Generator<Verdict> {
  if (code.is_ours === false) yield { reason: "unknown_pass" };
  if (code.is_of_this_server === false) yield { reason: "foreign_pass" };
  if (code.has_key === false) yield { reason: "unknown_pass" };
  if (code.is_signed === false) yield { reason: "bad_signature" };
  if (code.leads_to_somebody === false) yield { reason: "unknown_pass" };
  if (code.is_replaced) yield { reason: "revoked" };
  if (code.is_fresh === false) yield { reason: "stale_code" };
}

/** Step 7: the place the scan is for; several where nothing prefers one, none where there is none. */
function pick(asked: Asked): Place[] {
  const now = micros(asked.now);
  const near = (asked.places ?? []).filter(
    (place) => distance(place, now) <= NEAR && (asked.session == null || asked.session === place.session),
  );
  if (asked.direction === "out") {
    const inside = near.filter((place) => isInside(asked, place));
    if (inside.length) return inside;
  }
  const opened = near.filter((place) => distance(place, now) === 0);
  const looked = opened.length ? opened : near;
  const confirmed = looked.filter((place) => (place.state ?? "confirmed") === "confirmed");
  const preferred = confirmed.length ? confirmed : looked;
  return opened.length ? preferred : [...preferred].sort(nearest(now)).slice(0, 1);
}

function nearest(now: number): (one: Place, other: Place) => number {
  return (one, other) =>
    distance(one, now) - distance(other, now) ||
    micros(one.starts_at) - micros(other.starts_at) ||
    (one.session < other.session ? -1 : Number(one.session > other.session));
}

/** Steps 10 to 13, and nobody in two places. */
function* ofEntry(asked: Asked, place: Place): Generator<Verdict> {
  const { session } = place;
  const now = micros(asked.now);
  if (now < micros(place.opens_at)) yield { reason: "too_early", session };
  if (now > micros(place.closes_at)) yield { reason: "too_late", session };
  if (place.is_qualified === false) yield { reason: "qualification_missing", session };
  const questions = unanswered(asked, place);
  if (asked.shows_questions !== false && questions.length) yield { reason: "incomplete", session, questions };
  const hasLeft = Boolean(place.entries) && place.allows_reentry === false;
  if (!place.allows_many && (isInside(asked, place) || hasLeft)) yield { reason: "already_in", session };
  const other = elsewhere(asked, place);
  if (other && now <= micros(other.closes_at)) yield { reason: "already_elsewhere", session };
}

/** The required questions without an answer, and any with an answer of the wrong type. */
function unanswered(asked: Asked, place: Place): string[] {
  const answers = new Map(Object.entries(asked.answers ?? {}));
  return (place.questions ?? []).filter((one) => !isAnswered(one, answers.get(one.id) ?? null)).map((one) => one.id);
}

function isAnswered(question: Question, answer: Answer): boolean {
  const isRequired = question.is_required ?? true;
  if (answer === null) return !isRequired;
  switch (question.kind) {
    case "acknowledge":
      return answer === true;
    case "number":
      return typeof answer === "number";
    case "choice":
      return typeof answer === "string" && (question.choices ?? []).includes(answer);
    case "text":
      return typeof answer === "string" && !(isRequired && isBlank(answer));
  }
}

function isBlank(text: string): boolean {
  return [...text].every((one) => one <= " " || BLANK.includes(one));
}

/** Step 14, with what the record of it has to say. Who was here in time is not late when coming back. */
function admitted(asked: Asked, place: Place, passed: string[]): Verdict {
  const verdict: Verdict = { reason: "ok", session: place.session, ...over(passed) };
  if (asked.direction === "out") return place.entries ? verdict : { ...verdict, lacks_entry: true };
  const lateFrom = micros(place.starts_at) + (place.late_after ?? 15) * MINUTE;
  const isLate = place.is_expected !== false && !place.entries && micros(asked.now) > lateFrom;
  const isOpen = asked.shows_questions === false && unanswered(asked, place).length > 0;
  const other = elsewhere(asked, place);
  return {
    ...verdict,
    ...(isLate && { is_late: true }),
    ...(isOpen && { questions_open: true }),
    ...(other && { forgotten: other.session }),
  };
}

function isInside(asked: Asked, place: Place): boolean {
  return asked.inside?.session === place.session;
}

function elsewhere(asked: Asked, place: Place): Inside | null {
  return isInside(asked, place) ? null : (asked.inside ?? null);
}

/** Microseconds from now to the window; nothing inside it, both ends of which belong to it. */
function distance(place: Place, now: number): number {
  return Math.max(micros(place.opens_at) - now, now - micros(place.closes_at), 0);
}

/** Microseconds since 1970. A Date holds milliseconds only, and the server's instants are finer. */
function micros(instant: string): number {
  const [, seconds = "", fraction = "", zone = ""] = /^([^.]*?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(instant) ?? [];
  return Date.parse(seconds + zone) * 1000 + Number(fraction.padEnd(6, "0").slice(0, 6));
}
