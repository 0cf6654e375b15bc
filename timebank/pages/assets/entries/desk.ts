// The desk's page: takes codes from the camera, a hand scanner or the keyboard, one after the other, and shows what becomes of them.
// Nothing that looks like an admission is shown before the server has answered, or this desk has decided and written it down.
import { board } from "../door/answers";
import { forgetPages, install } from "../door/app";
import { type Choice, isOffline } from "../door/connection";
import { follow } from "../door/counts";
import { openKept } from "../door/desk";
import { eye } from "../door/eye";
import { nameOf as fileName, save, table } from "../door/file";
import type { Done } from "../door/history";
import { type Lately, lately, together } from "../door/lately";
import { drawLeft } from "../door/leftovers";
import { lineOf, type Opened } from "../door/line";
import { drawFailed, drawLast, drawRejected } from "../door/lists";
import { type Found, searching } from "../door/names";
import { nonce } from "../door/nonce";
import { type Left, leftBehind, putAway } from "../door/owners";
import { find, language, show } from "../door/page";
import { operatorOf } from "../door/rights";
import { canSeal } from "../door/sealed";
import { caller } from "../door/server";
import { beep, soundButton } from "../door/sound";
import type { Parts } from "../door/state";
import { type Status, status } from "../door/status";
import { inBrowser } from "../door/store";
import { tell, type Words } from "../door/words";

const RETRY = 15_000;
const REFRESH = 5 * 60_000;

const place = find("[data-desk]");
const form = find<HTMLFormElement>("[data-scanner]");
const field = find<HTMLInputElement>("[data-scanner] input[name=code]");
const words = JSON.parse(find<HTMLTemplateElement>("[data-words]").content.textContent ?? "") as Words;
const sessions = (place.dataset.sessions ?? "").split(" ");
const zone = place.dataset.zone ?? "UTC";
const { owner = "", operator = "" } = place.dataset;
const answers = board(find("[data-answers]"), place.dataset.volunteer ?? "", words.said.offline_mark ?? "");
const names = new Map<string, string>();
/** What the server said last of the last scans; null before it has. */
let others: Lately | null = null;

let here: (Opened & { bar: Status; searchAgain: () => void }) | null = null;
let wasOffline = false;
const line = lineOf({
  opening: open(),
  board: answers,
  activities: (place.dataset.activities ?? "").split(" "),
  sessions,
  mayOverride: place.dataset.mayOverride !== undefined,
  passable: (place.dataset.passable ?? "").split(" "),
  said: words.said,
  direction: () => (new FormData(form).get("direction") === "out" ? "out" : "in"),
  now: Date.now,
  nonce,
  nameOf,
  heard(scan, answer) {
    if (scan && answer?.name && answer.code === "ok") names.set(scan.nonce, answer.name);
    if (hasSound()) beep(answer?.code === "ok");
  },
  draw,
  counted: () => void document.body.dispatchEvent(new Event("scanned")),
});

async function open(): Promise<Opened> {
  const call = caller({ went: (well) => here?.desk.went(well), skew: (skew) => here?.desk.measured(skew) });
  const pause = (milliseconds: number) => new Promise<void>((resume) => setTimeout(resume, milliseconds));
  const about = { owner, foreign: words.said.foreign ?? "", operator: () => operatorOf(operator, document.cookie) };
  const said: Parts["tell"] = (judged, scan, pack, done) => tell(judged, scan, pack, done, words, language);
  const parts = { ...about, call, now: Date.now, pause, nonce, changed: draw, tell: said };
  const measured = localStorage.getItem("desk-skew");
  const choice = (localStorage.getItem("desk-choice") ?? "auto") as Choice;
  const skew = measured === null ? null : Number(measured);
  const { desk, queue, isKept } = await openKept(parts, () => inBrowser(owner), choice, skew);
  if (!isKept) desk.state.warning = words.said.not_kept ?? "";
  else if (!canSeal()) desk.state.warning = words.said.not_sealed ?? "";
  const own = { id: owner, name: place.dataset.ownerName ?? "" };
  if (isKept) desk.state.left = await leftBehind(localStorage, own, inBrowser).catch(() => []);
  const opened = { desk, queue, call };
  const bar = status(find("[data-status]"), desk.state, queue, sessions, words, Date.now);
  const vouch = (found: Found) => line.checkInByName(found, found.state === "here" ? { direction: "out" } : {});
  const mayVouch = place.dataset.mayOverride !== undefined;
  here = { ...opened, bar, searchAgain: searching(find("[data-names]"), sessions, call, mayVouch ? vouch : null) };
  for (const part of ["status", "last", "names"]) show(find(`[data-${part}]`), true);
  draw();
  void install();
  void arrive();
  setInterval(() => void sync(false), RETRY);
  setInterval(() => void sync(true), REFRESH);
  globalThis.addEventListener("online", () => void sync(true));
  globalThis.addEventListener("offline", () => void arrive());
  return opened;
}

function draw(): void {
  if (!here) return;
  const { desk, queue, bar } = here;
  bar.draw();
  comeBack(isOffline(desk.state.connection));
  if (desk.state.skew !== null) localStorage.setItem("desk-skew", String(desk.state.skew));
  drawLeft(find("[data-left]"), [...(desk.state.isRevoked ? own() : []), ...desk.state.left], zone, words, clear);
  const now = Date.now() - (desk.state.skew ?? 0);
  const done = together(desk.state.done, others?.done ?? []);
  const isAlone = others === null || isOffline(desk.state.connection);
  drawLast(find("[data-last]"), done, queue.kept(), zone, now, nameOf, line.undo, isAlone);
  drawFailed(find("[data-failed]"), queue.kept());
  const rejected = desk.state.isRevoked ? [] : queue.rejected();
  drawRejected(find("[data-rejected]"), rejected, zone, nameAt, (which) => void queue.dismiss(which).then(draw));
  if (desk.state.isRevoked) forget();
}

/** With the first answer after a cut: nothing says any longer that there is none. */
function comeBack(isOff: boolean): void {
  const isBack = wasOffline && !isOff;
  wasOffline = isOff;
  if (!isBack) return;
  answers.fade();
  here?.searchAgain();
}

/** What this desk has kept itself. */
function own(): Left[] {
  const left = {
    id: owner,
    name: place.dataset.ownerName ?? "",
    waiting: here?.queue.kept() ?? [],
    rejected: here?.queue.rejected() ?? [],
  };
  return left.waiting.length + left.rejected.length > 0 ? [left] : [];
}

/** Somebody has the file. */
async function clear(left: Left): Promise<void> {
  await putAway(await inBrowser(left.id), left);
  if (!here) return;
  if (left.id === owner) location.assign("/pair");
  here.desk.state.left = here.desk.state.left.filter((one) => one.id !== left.id);
  draw();
}

function nameAt(nonce: string): string {
  const done = here?.desk.state.done.find((one) => one.nonce === nonce);
  return done ? nameOf(done) : "";
}

/** A withdrawn desk shows nobody any more: neither the pages put aside nor the answer on the screen. It scans nothing either. */
function forget(): void {
  stopCamera();
  for (const part of [form, ...["names", "last", "figures", "failed", "lacks"].map((name) => find(`[data-${name}]`))])
    show(part, false);
  if (answers.isSaying("withdrawn")) return;
  names.clear();
  others = null;
  find("[data-names] ul").replaceChildren();
  answers.say("withdrawn");
  void forgetPages();
}

function nameOf(done: Done): string {
  return names.get(done.nonce) ?? (place.dataset.volunteer ?? "").replace("{}", String(done.number));
}

/** A page that was opened without a network is told so by a second error, not by the next person's scan. */
async function arrive(): Promise<void> {
  await sync(true);
  if (here?.desk.state.connection.calls.includes(false)) await sync(true);
}

/** While the server answers: what waits is sent, then the roster is fetched anew. It is also how an offline desk finds its way back. */
async function sync(isRefreshing: boolean): Promise<void> {
  if (!here || here.desk.state.isRevoked || here.desk.state.connection.choice === "offline") return;
  const { desk, queue } = here;
  // What the server fell over is tried again now and then, not every fifteen seconds.
  const hadWaiting = queue.kept().some((kept) => isRefreshing || !kept.failed);
  if (hadWaiting && !(await desk.upload())) return;
  if (hadWaiting || isRefreshing || desk.state.connection.fell !== null) {
    if (await desk.prepare(sessions)) await recall();
  }
}

/** Names and scans that this page has not seen: after a reload, or of another window under the same name. */
async function recall(): Promise<void> {
  if (!here || here.desk.state.isRevoked || isOffline(here.desk.state.connection)) return;
  const found = await lately(here.call);
  if (!found || here.desk.state.isRevoked) return;
  others = found;
  for (const [nonce, name] of found.names) names.set(nonce, name);
  draw();
}

find<HTMLDetailsElement>("[data-last]").addEventListener("toggle", () => {
  if (find<HTMLDetailsElement>("[data-last]").open) void recall();
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const code = field.value;
  field.value = "";
  field.focus();
  if (code.trim()) line.take(code);
});

find("[data-answers]").addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-stop]")) line.stop();
});

// A hand scanner types: whatever has the focus, its characters belong to the field.
document.addEventListener("keydown", (event) => {
  const types = event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey && event.key !== " ";
  const active = document.activeElement;
  const isTyping =
    active instanceof HTMLSelectElement || (active instanceof HTMLInputElement && !["radio", "checkbox"].includes(active.type));
  if (types && !isTyping) field.focus();
});
// A page that is loaded anew scans the same way as before: at the end of an evening nobody is checked in again by mistake.
const WAY = `desk-way ${sessions.join(" ")}`;
for (const way of form.querySelectorAll<HTMLInputElement>("input[name=direction]"))
  if (way.value === sessionStorage.getItem(WAY)) way.checked = true;
form.addEventListener("change", () => {
  sessionStorage.setItem(WAY, new FormData(form).get("direction") === "out" ? "out" : "in");
  answers.say("ready");
  draw();
  field.focus();
});

const buttonOf = (name: string) => find<HTMLButtonElement>(`[data-${name}]`);
buttonOf("send").addEventListener("click", () => void here?.desk.upload());
buttonOf("prepare").addEventListener("click", () => void here?.desk.prepare(sessions));
for (const way of document.querySelectorAll<HTMLInputElement>("[data-status] input[name=choice]")) {
  way.addEventListener("change", () => {
    localStorage.setItem("desk-choice", way.value);
    here?.desk.choose(way.value as Choice);
    answers.say("ready");
    void sync(true);
    field.focus();
  });
}

const hasSound = soundButton(buttonOf("sound"), () => field.focus());

const stopCamera = eye(
  place,
  (code) => line.take(code),
  () => field.focus(),
);
follow(
  find("[data-list]"),
  place.dataset.counts ?? "",
  sessions,
  () => here !== null && isOffline(here.desk.state.connection),
  () => void sync(true),
);
find("[data-save-failed]").addEventListener("click", () => {
  const failed = {
    id: owner,
    name: place.dataset.ownerName ?? "",
    waiting: here?.queue.kept().filter((kept) => kept.failed) ?? [],
    rejected: [],
  };
  save(table(failed, words, zone, language), fileName(failed, words, Date.now()));
});
field.focus();
