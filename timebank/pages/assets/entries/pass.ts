// My pass on this phone: one tap makes a key that never leaves it, and from then on the page shows a new code every half minute,
// with a network or without. Where the browser cannot do that, the code of the printed card stays, and the page says why.
import { fill, leave, stayAwake } from "../phone/bright";
import { enrol, greet, isRefused, label, type Refused } from "../phone/contact";
import { forget, type Kept, newKey, open, read, signer, write } from "../phone/kept";
import { dropPage, keepPage } from "../phone/offline";
import { picture } from "../phone/picture";
import { compressed, STEP, shown, stepOf } from "../phone/proof";

type State =
  | "insecure"
  | "old"
  | "offer"
  | "other"
  | "live"
  | "over"
  | "withdrawn"
  | "alone"
  | "signed-out"
  | "install"
  | "refused";

const SCOPE = "/me/pass";
const LEFT = "timebank_left";
const AGAIN = 10 * 60_000;
const LOCALE = document.documentElement.lang === "en" ? "en-GB" : "zh-CN";
const page = find<HTMLElement>("[data-phone]");
const { member = "", worker = "" } = page.dataset;

let kept: Kept | null = null;
let drawn = -1;
let asked = 0;
let turning: ReturnType<typeof setInterval> | undefined;
let install: (Event & { prompt(): Promise<unknown> }) | null = null;

function find<T extends Element>(selector: string): T {
  const found = document.querySelector<T>(selector);
  if (!found) throw new Error(`the page lacks ${selector}`);
  return found;
}

function slot(name: string): HTMLElement {
  return find<HTMLElement>(`[data-slot="${name}"]`);
}

/** Shows and hides what the page says about a state. */
function say(state: State, isSo: boolean): void {
  for (const element of document.querySelectorAll<HTMLElement>(`[data-when="${state}"]`)) element.hidden = !isSo;
}

function now(): number {
  return Date.now() + (kept?.ahead ?? 0);
}

function told(instant: number): string {
  return new Intl.DateTimeFormat(LOCALE, { dateStyle: "long", timeStyle: "short" }).format(instant);
}

function day(instant: number): string {
  return new Intl.DateTimeFormat(LOCALE, { dateStyle: "long" }).format(instant);
}

/** The printed card's code steps back behind the one that changes. */
function show(): void {
  const isGood = kept !== null && now() < kept.goodUntil;
  say("live", isGood);
  say("over", kept !== null && !isGood);
  say("offer", !isGood);
  if (!isGood) void leave(find<HTMLElement>("[data-live]"));
  find<HTMLDetailsElement>("[data-card]").open = !isGood;
  clearInterval(turning);
  if (!kept || !isGood) return;
  slot("name").textContent = kept.name;
  slot("number").textContent = (slot("number").dataset.words ?? "").replace("{}", String(kept.number));
  slot("typed").textContent = kept.typed;
  slot("until").textContent = day(kept.goodUntil - 1);
  slot("contact").textContent = told(kept.contactAt);
  find<HTMLAnchorElement>("[data-list]").search = `?this=${kept.id}`;
  drawn = -1;
  turning = setInterval(() => void turn(), 500);
  void turn();
  void stayAwake();
}

/** The ring moves on; with a new half minute comes a new code. */
async function turn(): Promise<void> {
  if (!kept || document.visibilityState !== "visible") return;
  const step = stepOf(now());
  const passed = (now() % STEP) / STEP;
  find<SVGElement>("[data-live] .hand").setAttribute("stroke-dashoffset", String(Math.round(100 * passed)));
  slot("seconds").textContent = String(Math.ceil((1 - passed) * (STEP / 1000)));
  if (step === drawn) return;
  drawn = step;
  if (now() >= kept.goodUntil) return show();
  const text = await shown(kept.credential, step, signer(kept.key));
  const code = slot("code");
  code.dataset.text = text;
  code.replaceChildren(picture(text));
}

async function become(): Promise<void> {
  const button = find<HTMLButtonElement>("[data-become]");
  button.disabled = true;
  say("refused", false);
  try {
    const { key, publicKey } = await newKey();
    const heard = await enrol(compressed(new Uint8Array(publicKey)), label(navigator.userAgent));
    if (isRefused(heard)) return refused(heard);
    kept = { ...heard, key };
    await write(kept);
    for (const state of ["other", "withdrawn", "alone"] as const) say(state, false);
    show();
    find<HTMLElement>("[data-live]").focus();
    await keepPage(worker, SCOPE).catch(() => undefined);
  } catch {
    say("alone", true);
  } finally {
    button.disabled = false;
  }
}

function refused({ status, title, detail }: Refused): void {
  say("signed-out", status === 401);
  say("refused", status !== 401);
  slot("refused").textContent = `${title} ${detail}`;
}

/** With a network: the clock is set right, the credential renewed where it is due, and a phone that was taken back is one no more. */
async function contact(): Promise<void> {
  if (!kept || Date.now() - asked < AGAIN) return;
  asked = Date.now();
  try {
    const heard = await greet(kept.id);
    say("alone", false);
    say("signed-out", isRefused(heard) && heard.status === 401);
    if (isRefused(heard)) {
      if (heard.status === 404) await withdrawn();
      return;
    }
    kept = { ...heard, key: kept.key };
    await write(kept);
    show();
    await keepPage(worker, SCOPE).catch(() => undefined);
  } catch {
    asked = 0;
    say("alone", true);
  }
}

async function withdrawn(): Promise<void> {
  const ranOut = kept !== null && now() >= kept.goodUntil;
  kept = null;
  await forget();
  await dropPage(SCOPE);
  show();
  say(ranOut ? "over" : "withdrawn", true);
}

/** Whoever signed out on this phone took the pass away with it. */
async function leftBefore(): Promise<boolean> {
  if (!document.cookie.split("; ").some((cookie) => cookie.startsWith(`${LEFT}=`))) return false;
  await forget();
  await dropPage(SCOPE);
  // biome-ignore lint/suspicious/noDocumentCookie: the other way to write one is in some browsers only
  document.cookie = `${LEFT}=; path=/; max-age=0`;
  return true;
}

/** Without a network a link would end in the browser's own error page, and the pass would be gone from the screen. */
function hold(event: Event): void {
  if (navigator.onLine || !kept || !(event.target as Element).closest("a[href], form")) return;
  event.preventDefault();
  say("alone", true);
  find<HTMLElement>('[data-live] ~ div [data-when="alone"]').scrollIntoView({ block: "center" });
}

function tie(): void {
  const isCut = !navigator.onLine && kept !== null;
  for (const link of document.querySelectorAll("a[href]"))
    isCut ? link.setAttribute("aria-disabled", "true") : link.removeAttribute("aria-disabled");
}

async function begin(): Promise<void> {
  if (!window.isSecureContext) return say("insecure", true);
  try {
    (await open()).close();
    if (!crypto.subtle || !(await newKey())) throw new Error("no key");
  } catch {
    return say("old", true);
  }
  if (await leftBefore()) return window.location.reload();
  kept = await read();
  if (kept && kept.member !== member) {
    say("other", true);
    kept = null;
  }
  show();
  tie();
  await contact();
}

find<HTMLButtonElement>("[data-become]").addEventListener("click", () => void become());
find<HTMLButtonElement>("[data-large]").addEventListener("click", () => void fill(find<HTMLElement>("[data-live]")));
// A page of an older version, kept for no network, has no such button.
document.querySelector("[data-small]")?.addEventListener("click", () => void leave(find<HTMLElement>("[data-live]")));
document.addEventListener("fullscreenchange", () => {
  if (!document.fullscreenElement) void leave(find<HTMLElement>("[data-live]"));
});
document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") void leave(find<HTMLElement>("[data-live]"));
});
find<HTMLButtonElement>("[data-install]").addEventListener("click", () => void install?.prompt());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible" || !kept) return;
  void turn();
  void stayAwake();
  void contact();
});
window.addEventListener("online", () => {
  tie();
  void contact();
});
window.addEventListener("offline", () => {
  say("alone", kept !== null);
  tie();
});
document.addEventListener("click", hold, true);
document.addEventListener("submit", hold, true);
window.addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  install = event as typeof install;
  say("install", true);
});
void begin();
