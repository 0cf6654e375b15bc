// The kiosk's screen: follows links and forms without leaving the page, counts down to the start, and settles every exchange that was
// asked for before it serves anybody. Nothing here judges points or stock; the server does.
import { Countdown } from "../kiosk/countdown";
import * as journal from "../kiosk/journal";
import * as screen from "../kiosk/screen";
import { ask, pause, type Silence, state } from "../kiosk/traffic";

const LAST_SECONDS = 10;
const SPEAKS_UP_AFTER = 4;
const GIVES_UP_AFTER = 60;

let busy = false;
let stop: (() => void) | null = null;

const countdown = new Countdown(
  (left) => {
    screen.tellTime(left);
    if (left === LAST_SECONDS && bar()?.dataset.asks) screen.notice("still");
  },
  () => void follow("/kiosk/over"),
);

function bar(): HTMLElement | null {
  return document.querySelector<HTMLElement>("[data-seconds]");
}

/** A page of a person counts down at once, the start only after somebody touched it. */
function count(touched: boolean): void {
  const seconds = Number(bar()?.dataset.seconds ?? 0);
  countdown.start(touched || !bar()?.dataset.rests ? seconds : 0);
}

function show(html: string): void {
  screen.show(html);
  const settled = document.querySelector<HTMLElement>("[data-settled]")?.dataset.settled;
  if (settled) journal.settle(localStorage, settled);
  count(false);
}

/** Does one thing at a time; what is touched meanwhile is not done twice. */
async function alone(work: () => Promise<void>): Promise<void> {
  if (busy) return;
  busy = true;
  countdown.stop();
  const slow = setTimeout(() => screen.notice("waiting"), 300);
  try {
    await work();
  } finally {
    clearTimeout(slow);
    busy = false;
    screen.notice(null);
  }
}

function follow(url: string, body?: URLSearchParams): Promise<void> {
  return alone(async () => {
    const answer = await ask(url, body);
    if (answer.kind === "page") show(answer.html);
    else await comeBack("/kiosk/over");
  });
}

/** Says that there is no connection until there is one, then settles what is open and goes on at `url`. */
async function comeBack(url: string): Promise<void> {
  for (;;) {
    const answer = await ask(url);
    if (answer.kind === "page" && answer.wait === null) {
      show(answer.html);
      return settleAll();
    }
    screen.notice("cut");
    await pause(answer.kind === "page" ? (answer.wait ?? 3) : 3);
  }
}

/** Asks for an exchange under one key until the server has answered for good, the person stops, or a minute is over. */
async function redeem(form: HTMLFormElement): Promise<void> {
  const body = fields(form);
  const key = body.get("key") ?? "";
  journal.note(localStorage, key, new Date().toISOString());
  const stopped = new Promise<Silence>((resolve) => {
    stop = () => resolve({ kind: "silence" });
  });
  const ends = performance.now() + GIVES_UP_AFTER * 1000;
  let isStopped = false;
  void stopped.then(() => {
    isStopped = true;
  });
  while (!isStopped && performance.now() < ends) {
    const late = setTimeout(() => screen.notice("unanswered"), SPEAKS_UP_AFTER * 1000);
    const answer = await Promise.race([ask(form.action, body), stopped]);
    clearTimeout(late);
    if (answer.kind === "page" && answer.wait === null) {
      journal.settle(localStorage, key);
      return show(answer.html);
    }
    if (isStopped) break;
    screen.notice(answer.kind === "page" ? "busy" : "unanswered");
    await Promise.race([pause(answer.kind === "page" ? (answer.wait ?? 2) : 2), stopped]);
  }
  stop = null;
  await giveUp(key);
}

/** The person takes nothing: the server takes the exchange back or never makes it, whichever came first. */
async function giveUp(key: string): Promise<void> {
  while ((await state(key, "abandon")) === null) {
    screen.notice("cut");
    await pause(3);
  }
  journal.settle(localStorage, key);
  await comeBack(`/kiosk?about=${encodeURIComponent(key)}`);
}

/** What was asked for before a power cut is settled before anybody is served: done stays done, unknown is given up. */
async function settleAll(): Promise<void> {
  for (const { key } of journal.open(localStorage)) {
    let known = await state(key, "ask");
    while (known === null) {
      screen.notice("cut");
      await pause(3);
      known = await state(key, "ask");
    }
    if (known === "unknown") await giveUp(key);
    else {
      journal.settle(localStorage, key);
      const answer = await ask(`/kiosk?about=${encodeURIComponent(key)}`);
      if (answer.kind === "page") show(answer.html);
    }
  }
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

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement)) return;
  event.preventDefault();
  if (form.dataset.redeem !== undefined) void alone(() => redeem(form));
  else void follow(form.action, fields(form, event.submitter));
});

document.addEventListener("click", (event) => {
  const touched = event.target instanceof Element ? event.target : null;
  const key = touched?.closest<HTMLElement>("[data-key], [data-erase]");
  if (key) return screen.press(key);
  if (touched?.closest("[data-stop]")) return stop?.();
  if (touched?.closest("[data-print]")) return window.print();
  if (touched?.closest('[data-over="still"]')) {
    void ask("/kiosk/rewards");
    return screen.notice(null);
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

// A hand scanner types, and so may a keyboard: whatever has the focus, the characters belong to the page's one field.
document.addEventListener("keydown", (event) => {
  const field = document.querySelector<HTMLInputElement>("[data-wedge] input, .pin input");
  const types = event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey;
  if (field && types && !(document.activeElement instanceof HTMLInputElement)) field.focus();
});

for (const name of ["pointerdown", "keydown", "wheel"])
  document.addEventListener(
    name,
    () => {
      if (!busy) count(true);
    },
    { passive: true },
  );

screen.prepare();
count(false);
void alone(settleAll);
