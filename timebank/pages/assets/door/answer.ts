// What a desk is told about a scan, by the server or by itself. `code` says which; the rest is for people to read.

export interface Session {
  id: string;
  activity_id?: string;
  title: string;
  title_en: string;
  place: string;
  place_en: string;
  time_zone?: string;
  ends_at?: string;
}

/** A question as it is asked at the door. */
export interface Question {
  id: string;
  kind: "acknowledge" | "text" | "number" | "choice";
  text: string;
  text_en: string;
  choices?: string[];
  choices_en?: string[];
  is_required?: boolean;
}

export type Answers = Record<string, string | number | boolean | null>;

export interface Answer {
  code: string;
  status?: number;
  title: string;
  detail: string;
  direction?: "in" | "out";
  name?: string;
  number?: number;
  role?: string;
  role_en?: string;
  notes?: string[];
  /** Of "blocked", for whoever may read it. */
  staff_reason?: string;
  session?: Session;
  choices?: Session[];
  elsewhere?: Session[];
  questions?: (Question | string)[];
  at?: string;
  /** The stay; none for a way out without a way in. */
  attendance_id?: string | null;
  is_late?: boolean;
  lacks_entry?: boolean;
  /** A way out after the way out. */
  was_out?: boolean;
  /** Of "already_in": nobody is inside, the activity takes nobody back in. */
  has_left?: boolean;
  forced?: boolean;
  questions_open?: boolean;
  /** Of an undo: another scan the same way stands, so the person is as much in, or out, as before. */
  is_unchanged?: boolean;
  /** Decided by this desk; the server has not heard of it. */
  is_offline?: boolean;
}

/** What a person has to look at twice although the door is open, or may still open. */
export function meaning(answer: Answer): "is-done" | "is-attention" | "is-refused" {
  const odd = answer.is_late || answer.lacks_entry || answer.was_out || answer.is_unchanged;
  const looks = odd || answer.questions_open || answer.forced || answer.choices?.length;
  if (looks || answer.questions?.length || ["already_in", "unjudged"].includes(answer.code)) return "is-attention";
  return ["ok", "annulled"].includes(answer.code) ? "is-done" : "is-refused";
}
