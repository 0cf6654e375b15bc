// The kiosk's screen: follows links and forms without leaving the page, counts down to the start, and settles every exchange that was
// asked for before it serves anybody. Nothing here judges points or stock; the server does.
import { install, stayLit } from "../kiosk/app";
import { Countdown } from "../kiosk/countdown";
import { exchange, settleAll } from "../kiosk/exchange";
import { inBrowser, unwritable } from "../kiosk/journal";
import { Scanner } from "../kiosk/scanner";
import * as screen from "../kiosk/screen";
import { ask, pause, state } from "../kiosk/traffic";
import { browserMouth, Voice } from "../kiosk/voice";

const LAST_SECONDS = 10;
const TELLS_FOR = 8;
const PIN = /^\d{6}$/;

let busy = false;
let stop: (() => void) | null = null;

const voice = new Voice(browserMouth(), localStorage);
const scanner = new Scanner();
/** Where it cannot be opened every exchange is refused, with words; looking works. */
const journal = inBrowser().catch(unwritable);

const countdown = new Countdown(
  (left) => {
    screen.tellTime(left);
    if (left === LAST_SECONDS && bar()?.dataset.asks) tell("still");
  },
  () => void follow("/kiosk/over"),
);

function bar(): HTMLElement | null {
  return document.querySelector<HTMLElement>("[data-seconds]");
}

function language(): string {
  return document.documentElement.lang;
}

/** Nobody stands there: what a person has chosen for themself is over, and the countdown waits for a touch. */
function isStart(): boolean {
  return bar()?.dataset.rests !== undefined;
}

function tell(notice: screen.Notice): void {
  const isNew = screen.notice(notice);
  if (isNew && notice !== "waiting") voice.say(screen.wordsOf(notice), language());
}

/** A page of a person counts down at once, the start only after somebody touched it. */
function count(touched: boolean): void {
  const seconds = Number(bar()?.dataset.seconds ?? 0);
  countdown.start(touched || !isStart() ? seconds : 0);
}

async function show(html: string): Promise<void> {
  screen.show(html);
  const settled = document.querySelector<HTMLElement>("[data-settled]")?.dataset.settled;
  if (settled) await (await journal).remove(settled).catch(() => undefined);
  begin();
}

/** What every page does once it stands there. */
function begin(): void {
  if (isStart()) voice.forget();
  screen.showVoice(voice.state(language()));
  voice.say(screen.prompt(), language());
  count(false);
}

/** Does one thing at a time; what is touched meanwhile is not done twice. */
async function alone(work: () => Promise<void>): Promise<void> {
  if (busy) return;
  busy = true;
  countdown.stop();
  // What has been told meanwhile says more than that something is awaited.
  const slow = setTimeout(() => screen.isTold() || screen.notice("waiting"), 300);
  try {
    await work();
  } finally {
    clearTimeout(slow);
    busy = false;
    screen.notice(null);
  }
}

function follow(url: string, body?: URLSearchParams): Promise<void> {
  return alone(() => go(url, body));
}

async function go(url: string, body?: URLSearchParams): Promise<void> {
  const answer = await ask(url, body);
  if (answer.kind === "page") await show(answer.html);
  else await comeBack("/kiosk/over");
}

/** Says that there is no connection until there is one, with nothing of anybody behind it; then settles what is open, goes on at `url`. */
async function comeBack(url: string): Promise<void> {
  for (;;) {
    const answer = await ask(url);
    if (answer.kind === "page" && answer.wait === null) {
      await show(answer.html);
      return settle();
    }
    screen.wipe();
    tell("cut");
    await pause(answer.kind === "page" ? (answer.wait ?? 3) : 3);
  }
}

/** Nobody is served before what was open is settled; what became of the last of it is told. */
async function settle(): Promise<void> {
  const last = await settleAll({ journal: await journal, state, tell });
  if (last) await comeBack(`/kiosk?about=${encodeURIComponent(last)}`);
}

/** Asks for an exchange under one key, which was made with the page. */
async function redeem(form: HTMLFormElement): Promise<void> {
  const body = fields(form);
  const key = body.get("key") ?? "";
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const outcome = await exchange(key, () => ask(form.action, body), stopped, { journal: await journal, state, tell });
  stop = null;
  if (outcome.kind === "page") return show(outcome.html);
  if (outcome.kind === "settled") return comeBack(`/kiosk?about=${encodeURIComponent(key)}`);
  if (outcome.kind === "unwritten") {
    tell("unwritten");
    await pause(TELLS_FOR);
  }
  await go("/kiosk/over");
}

/** The camera saw a card: as if it had been typed. */
async function watch(): Promise<void> {
  const video = document.querySelector<HTMLVideoElement>("[data-camera] video");
  const { look } = await import("../kiosk/eye");
  const code = video && (await look(video));
  const field = document.querySelector<HTMLInputElement>("[data-wedge] input");
  if (!code || !field) return;
  field.value = code;
  field.form?.requestSubmit();
}

function fields(form: HTMLFormElement, button?: HTMLElement | null): URLSearchParams {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form, button)) if (typeof value === "string") body.append(name, value);
  return body;
}

/** In a queue the last digit is the one that sends: a tap less for everybody. */
function sendWhenWhole(field: EventTarget | null): void {
  if (field instanceof HTMLInputElement && bar()?.dataset.queue && field.id === "pin" && PIN.test(field.value))
    field.form?.requestSubmit();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement)) return;
  event.preventDefault();
  scanner.forget();
  if (form.dataset.redeem !== undefined) void alone(() => redeem(form));
  else void follow(form.action, fields(form, event.submitter));
});

document.addEventListener("input", (event) => sendWhenWhole(event.target));

document.addEventListener("click", (event) => {
  scanner.forget();
  const touched = event.target instanceof Element ? event.target : null;
  const key = touched?.closest<HTMLElement>("[data-key], [data-erase]");
  if (key) return sendWhenWhole(screen.press(key));
  if (touched?.closest("[data-stop]")) return stop?.();
  if (touched?.closest("[data-print]")) return window.print();
  if (touched?.closest("[data-voice]")) {
    voice.turn(language(), isStart());
    screen.showVoice(voice.state(language()));
    return voice.say(screen.prompt(), language());
  }
  const read = touched?.closest<HTMLElement>("[data-read]");
  if (read) return voice.sayOnce(read.dataset.read ?? "", language());
  if (touched?.closest('[data-over="still"]')) {
    void ask("/kiosk/rewards");
    return void screen.notice(null);
  }
  const opener = touched?.closest<HTMLElement>("[data-open]");
  if (opener) {
    screen.toggle(opener);
    if (opener.dataset.open === "camera") void watch();
    return;
  }
  const link = touched?.closest<HTMLAnchorElement>("a[href^='/kiosk']");
  if (!link) return;
  event.preventDefault();
  void follow(link.href);
});

// A hand scanner types, and so may a keyboard: whatever has the focus, the characters belong to the page's one field. On a page without
// that field a whole code is the next person's card; its Enter must not press what the person before has before them.
document.addEventListener(
  "keydown",
  (event) => {
    const code = scanner.press(event.key, event.timeStamp);
    const own = document.querySelector<HTMLInputElement>("[data-wedge] input");
    if (code && !own) {
      event.preventDefault();
      event.stopImmediatePropagation();
      for (const field of document.querySelectorAll<HTMLInputElement>(".pin input")) field.value = "";
      if (!busy && !document.querySelector("[data-unpaired]")) void follow("/kiosk/card", new URLSearchParams({ code }));
      return;
    }
    const field = own ?? document.querySelector<HTMLInputElement>(".pin input");
    const types = event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey;
    if (field && types && !(document.activeElement instanceof HTMLInputElement)) field.focus();
  },
  { capture: true },
);

for (const name of ["pointerdown", "keydown", "wheel"])
  document.addEventListener(
    name,
    () => {
      if (!busy) count(true);
    },
    { passive: true },
  );

// Voices come late: the switch is drawn again when they are there.
globalThis.speechSynthesis?.addEventListener?.("voiceschanged", () => screen.showVoice(voice.state(language())));
document.addEventListener("visibilitychange", () => void stayLit());

screen.prepare();
begin();
void install();
void stayLit();
void alone(document.querySelector("[data-shell]") ? () => comeBack("/kiosk/over") : settle);
