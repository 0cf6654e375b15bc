// An offline verdict in the words of the page. The server writes the words into the page, in the reader's language; here they are only
// filled in.
import type { Answer, Question, Session } from "./answer";
import { dayAt, onTheWall } from "./clock";
import { lettersTyped, TYPED_LENGTH } from "./codes";
import { type Done, since } from "./history";
import type { Judged, Scan } from "./judge";
import type { Pack } from "./roster";

/** `refusals` are title and next step of each reason code; `said` are sentences by name, with {places} for facts. */
export interface Words {
  refusals: Record<string, [title: string, detail: string]>;
  said: Record<string, string>;
  /** Of a code that was typed and leads to nobody. A page that the build before had put aside has none. */
  of_typed?: Record<"wrong_length" | "mistyped", [title: string, detail: string]>;
}

/** The sentence with its facts. */
export function fill(sentence: string, facts: Record<string, string | number>): string {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => String(facts[name] ?? whole));
}

/** The time there; of a later day than now's with the word for that, which is tomorrow: a desk prepares for hours, not for days. */
export function timeOf(moment: string, now: number, zone: string, language: string, tomorrow: string): string {
  const time = onTheWall(moment, zone, language);
  return dayAt(moment, zone) > dayAt(now, zone) ? fill(tomorrow, { time }) : time;
}

/** The answer that the desk shows for what it has decided by itself. */
export function tell(judged: Judged, scan: Scan, pack: Pack | null, done: Done[], words: Words, language: string): Answer {
  const { verdict, person } = judged;
  const session = pack?.sessions.find((one) => one.id === verdict?.session);
  const place = person?.places.find((one) => one.session === verdict?.session);
  const isNamed = person !== null && verdict !== null;
  const reason = verdict?.reason ?? "unjudged";
  const answer: Answer = {
    code: reason,
    title: "",
    detail: "",
    direction: scan.direction,
    is_offline: true,
    ...(isNamed
      ? { name: person.name, number: person.number, notes: place?.note && scan.direction === "in" ? [place.note] : [] }
      : {}),
    ...(place ? { role: place.role, role_en: place.role_en } : {}),
    ...(session ? { session } : {}),
    ...(verdict?.is_late ? { is_late: true } : {}),
    ...(verdict?.lacks_entry ? { lacks_entry: true } : {}),
    ...(verdict?.passed_over?.length ? { forced: true } : {}),
    ...(verdict?.choices ? { choices: sessions(pack, verdict.choices) } : {}),
    ...(verdict?.questions ? { questions: questions(pack, verdict.questions) } : {}),
  };
  const own = person && pack && session ? since(done, pack.made_at).filter((one) => one.number === person.number) : [];
  const first = own.find((one) => one.session === session?.id && one.direction === "in");
  const wall = (moment: string | number) => onTheWall(moment, session?.time_zone ?? "UTC", language);
  const isEnglish = language.startsWith("en");
  const desk = (isEnglish && pack?.desk.name_en) || pack?.desk.name;
  const typed = reason === "unknown_pass" ? lettersTyped(scan.code) : null;
  const facts = {
    typed: typed ?? 0,
    time: wall(reason === "too_early" && place ? place.opens_at : reason === "too_late" && place ? place.closes_at : judged.at),
    since: first ? wall(first.at) + (isEnglish ? ` (${desk})` : `（${desk}）`) : "",
  };
  const [title, detail] = (typed && ofTyped(typed, words)) || sentences(answer, Boolean(first), words);
  return { ...answer, title: fill(title, facts), detail: fill(detail, facts) };
}

function ofTyped(typed: number, words: Words): [string, string] | undefined {
  return words.of_typed?.[typed === TYPED_LENGTH ? "mistyped" : "wrong_length"];
}

function sentences(answer: Answer, isFirstKnown: boolean, words: Words): [string, string] {
  const said = (name: string) => words.said[name] ?? "";
  if (answer.code === "not_allowed") return [said("not_allowed"), said("not_allowed_next")];
  if (answer.code === "unjudged") return [said("unjudged"), said("unjudged_next")];
  if (answer.code === "not_signed_up_here") return [words.refusals.not_signed_up_here?.[0] ?? "", said("not_signed_up_next")];
  if (answer.code === "ok" && answer.direction === "in") return [said(answer.is_late ? "in_late" : "in"), said("in_next")];
  if (answer.code === "ok") return [said(answer.lacks_entry ? "out_only" : "out"), said("out_next")];
  if (answer.code === "already_in" && !isFirstKnown) return [words.refusals.already_in?.[0] ?? "", said("already_in_next")];
  return words.refusals[answer.code] ?? [answer.code, ""];
}

function sessions(pack: Pack | null, ids: readonly string[]): Session[] {
  return ids.flatMap((id) => pack?.sessions.filter((session) => session.id === id) ?? []);
}

/** The questions with their words; those of a person's roster line are ids only. */
function questions(pack: Pack | null, ids: readonly string[]): Question[] {
  const asked = pack?.sessions.flatMap((session) => session.questions) ?? [];
  return ids.flatMap((id) => asked.find((question) => question.id === id) ?? []);
}
