// The answer, for two seconds over the whole screen, and what the person at the desk can do about it.
import { type Answer, type Answers, meaning, type Question, type Session } from "./answer";
import { copy, either, find, list, named, put, show } from "./page";

const FULL_FOR = 2000;
const SHOWN_FOR = 8000;

/** What a free place mends: whoever withdrew, or whose walk-in was undone, may come after all. */
const TAKES_PLACE = ["not_signed_up_here", "withdrawn"];

/** What can follow an answer: the same code again with more, or a free place taken. */
export interface Next {
  again(more: { session?: string; answers?: Answers; override?: { reason: string } }): void;
  takePlace(session: string): void;
  /** On the way in: on the way out nobody is signed up. */
  isIn: boolean;
  mayOverride: boolean;
  /** Reasons that an override passes over. */
  passable: readonly string[];
  /** Sessions with places for who comes without a sign-up; none while the server is not there to count them. */
  open: Session[];
  /** Writes down who it may be. False where the scan has been sent meanwhile. */
  remark(text: string): Promise<boolean>;
  /** Who goes before the end says why. Null where the session is over, or the server is not there to hear it. */
  leaveEarly: ((reason: string) => void) | null;
}

export interface Board {
  /** One of the page's own states: ready, waiting, cut, trouble. */
  say(state: string): void;
  tell(answer: Answer, next: Next | null): void;
  /** The server answers again: what was decided without it makes room, unless somebody is at it. */
  fade(): void;
  isSaying(state: string): boolean;
}

/** The place on the page where answers appear. `volunteer` names who has given no name, `offline` marks what this desk decided. */
export function board(place: HTMLElement, volunteer: string, offline: string): Board {
  let timers: ReturnType<typeof setTimeout>[] = [];
  let isAlone = false;
  const later = (what: () => void, after: number) => timers.push(setTimeout(what, after));

  function stay(): void {
    for (const timer of timers) clearTimeout(timer);
    timers = [];
  }

  function replace(box: HTMLElement): void {
    stay();
    place.classList.remove("is-full");
    place.replaceChildren(box);
    isAlone = false;
  }

  function say(state: string): void {
    const box = copy(state);
    box.dataset.state = state;
    replace(box);
  }

  function tell(answer: Answer, next: Next | null): void {
    if (!answer.title) {
      say("trouble");
      return;
    }
    const box = copy("answer");
    box.className = `answer ${meaning(answer)}`;
    write(box, answer);
    replace(box);
    place.classList.add("is-full");
    isAlone = answer.is_offline === true;
    if (next && offer(box, answer, next)) return;
    later(() => place.classList.remove("is-full"), FULL_FOR);
    if (answer.code === "ok" || answer.code === "annulled") later(() => say("ready"), SHOWN_FOR);
  }

  function fade(): void {
    if (isAlone) later(() => isInUse() || say("ready"), SHOWN_FOR);
  }

  /** Something was typed below the answer, or is about to be. */
  function isInUse(): boolean {
    const fields = [...place.querySelectorAll<HTMLInputElement>("input:not([hidden] *)")];
    return place.contains(document.activeElement) || fields.some((field) => field.value !== "");
  }

  function write(box: HTMLElement, answer: Answer): void {
    put(box, "title", answer.title);
    put(box, "name", answer.name || (answer.number ? volunteer.replace("{}", String(answer.number)) : ""));
    put(box, "role", either(answer.role ?? "", answer.role_en ?? ""));
    put(box, "detail", answer.detail);
    put(box, "session", answer.session ? either(answer.session.title, answer.session.title_en) : "");
    put(box, "offline", answer.is_offline && answer.code !== "unjudged" ? offline : "");
    list(box, "notes", answer.notes ?? []);
    // Behind a tap: who stands in front of the desk reads the screen too.
    put(box, "staff_reason", answer.staff_reason ?? "");
    show(find("[data-staff]", box), Boolean(answer.staff_reason));
    list(box, "elsewhere", (answer.elsewhere ?? []).map(named));
  }

  // Who touches a control is about to use it: the answer stays. Anywhere else it makes room.
  place.addEventListener("click", (event) => {
    const touched = event.target instanceof Element ? event.target : null;
    if (touched?.closest("[data-next]")) say("ready");
    else if (touched?.closest("button, input, label, select, summary")) stay();
    else place.classList.remove("is-full");
  });
  return { say, tell, fade, isSaying: (state) => find<HTMLElement>(".answer", place).dataset.state === state };
}

/** Puts what can be done now below the answer. True where somebody has to act before the next person. */
function offer(box: HTMLElement, answer: Answer, next: Next): boolean {
  const wanted = (answer.questions ?? []).filter((question): question is Question => typeof question === "object");
  for (const choice of answer.choices ?? []) box.append(button(named(choice), () => next.again({ session: choice.id })));
  if (wanted.length) box.append(asking(wanted, answer, next));
  const free = TAKES_PLACE.includes(answer.code) ? next.open : [];
  for (const session of free) {
    const take = copy<HTMLButtonElement>("walk-in");
    put(take, "session", named(session));
    take.addEventListener("click", () => next.takePlace(session.id));
    box.append(take);
  }
  if (answer.code === "not_signed_up_here" && !free.length && next.isIn) box.append(...signingUp(answer));
  // Without a network nobody can be signed up: the name is all that can be kept.
  const isForOrganiser = answer.code === "unjudged" || (answer.code === "not_signed_up_here" && answer.is_offline);
  if (isForOrganiser) box.append(remarking(next));
  if (answer.code === "ok" && answer.direction === "out" && next.leaveEarly) box.append(leaving(next.leaveEarly));
  // Who is inside needs no help to come in.
  const helps = answer.code !== "already_in" || answer.has_left === true;
  if (helps && next.mayOverride && next.passable.includes(answer.code)) box.append(overruling(answer, next));
  const needsHand = wanted.length > 0 || (answer.choices ?? []).length > 0;
  if (box.querySelector("button")) box.append(copy("next"));
  if (needsHand) box.querySelector<HTMLElement>("button, input:not([type=hidden])")?.focus();
  return needsHand || free.length > 0;
}

function button(words: string, press: () => void): HTMLButtonElement {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "wide", textContent: words });
  made.addEventListener("click", press);
  return made;
}

/** The way to a place: the session's own page, for whoever runs it; for anybody else the words who can. */
function signingUp(answer: Answer): HTMLElement[] {
  if (answer.is_offline) return [];
  const box = copy("sign-up");
  for (const link of box.querySelectorAll("a"))
    link.href = link.href.replace("number=", `number=${encodeURIComponent(answer.number ?? "")}`);
  return [box];
}

/** A field for the name beside a code that could not be checked. Not focused: a hand scanner types wherever the focus is. */
function remarking(next: Next): HTMLElement {
  const form = copy<HTMLFormElement>("remark");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = find<HTMLInputElement>("input", form).value.trim();
    if (!text) return;
    const isKept = await next.remark(text);
    put(form, "remark", text);
    show(find("[data-writing]", form), !isKept);
    show(find("[data-kept]", form), isKept);
    show(find("[data-gone]", form), !isKept);
  });
  return form;
}

function leaving(leaveEarly: (reason: string) => void): HTMLElement {
  const box = copy("early");
  find("form", box).addEventListener("submit", (event) => {
    event.preventDefault();
    leaveEarly(find<HTMLInputElement>("input", box).value.trim());
  });
  return box;
}

/** The same session again: what was chosen before is not asked twice. */
function chosen(answer: Answer): { session?: string } {
  return answer.session ? { session: answer.session.id } : {};
}

function overruling(answer: Answer, next: Next): HTMLElement {
  const box = copy("override");
  find("form", box).addEventListener("submit", (event) => {
    event.preventDefault();
    const reason = find<HTMLInputElement>("input", box).value.trim();
    if (reason) next.again({ ...chosen(answer), override: { reason } });
  });
  return box;
}

function asking(questions: Question[], answer: Answer, next: Next): HTMLFormElement {
  const form = copy<HTMLFormElement>("questions");
  const fields = questions.map((question, position) => ({ question, field: field(question, position) }));
  form.prepend(...fields.map(({ field }) => field));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const answers = Object.fromEntries(fields.map(({ question, field }) => [question.id, answered(question, field)]));
    next.again({ ...chosen(answer), answers });
  });
  return form;
}

function field(question: Question, position: number): HTMLElement {
  const box = copy(`question-${question.kind}`);
  const input = find<HTMLInputElement | HTMLSelectElement>("input, select", box);
  input.id = `question-${position}`;
  find<HTMLLabelElement>("label", box).htmlFor = input.id;
  put(box, "text", either(question.text, question.text_en));
  input.required = question.is_required !== false;
  (question.choices ?? []).forEach((choice, at) => {
    input.append(new Option(either(choice, question.choices_en?.[at] ?? ""), choice));
  });
  return box;
}

function answered(question: Question, box: HTMLElement): string | number | boolean | null {
  const input = find<HTMLInputElement>("input, select", box);
  if (question.kind === "acknowledge") return input.checked;
  if (input.value === "") return null;
  return question.kind === "number" ? Number(input.value) : input.value;
}
