// The desk's page: takes codes from the camera, a hand scanner or the keyboard, one after the other, and shows what becomes of them.
// Nothing that looks like an admission is shown before the server has answered, or this desk has decided and written it down.
import type { Answer } from "../door/answer";
import { board, type Next } from "../door/answers";
import { forgetPages, install } from "../door/app";
import { inMemory } from "../door/box";
import { text } from "../door/clock";
import { type Choice, isOffline } from "../door/connection";
import { follow } from "../door/counts";
import { type Desk, open as openDesk } from "../door/desk";
import { eye } from "../door/eye";
import { nameOf as fileName, save, table } from "../door/file";
import type { Done } from "../door/history";
import type { Scan } from "../door/judge";
import { canLeaveEarly, leaveEarly } from "../door/leaving";
import { drawLeft } from "../door/leftovers";
import { drawFailed, drawLast, drawRejected } from "../door/lists";
import { type Found, searching } from "../door/names";
import { nonce } from "../door/nonce";
import { type Left, leftBehind, putAway } from "../door/owners";
import { find, language, show } from "../door/page";
import { open as openQueue, type Queue } from "../door/queue";
import { operatorOf } from "../door/rights";
import type { PackedSession } from "../door/roster";
import { canSeal } from "../door/sealed";
import { type Call, caller } from "../door/server";
import { beep, soundButton } from "../door/sound";
import type { Parts } from "../door/state";
import { type Status, status } from "../door/status";
import { inBrowser } from "../door/store";
import { tell, type Words } from "../door/words";

const SLOW = 300;
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

let isStopped = false;
let here: { desk: Desk; queue: Queue; bar: Status; call: Call } | null = null;
/** One thing after the other, beginning with what the desk had kept. */
let line: Promise<unknown> = open();

async function open(): Promise<void> {
  const kept = await inBrowser(owner).catch(() => null);
  const store = kept ?? inMemory();
  const call = caller({ went: (well) => here?.desk.went(well), skew: (skew) => here?.desk.measured(skew) });
  const queue = await openQueue(store);
  const pause = (milliseconds: number) => new Promise<void>((resume) => setTimeout(resume, milliseconds));
  const about = { owner, foreign: words.said.foreign ?? "", operator: () => operatorOf(operator, document.cookie) };
  const parts = { ...about, store, queue, call, now: Date.now, pause, nonce, changed: draw };
  const said: Parts["tell"] = (judged, scan, pack, done) => tell(judged, scan, pack, done, words, language);
  const measured = localStorage.getItem("desk-skew");
  const choice = (localStorage.getItem("desk-choice") ?? "auto") as Choice;
  const desk = await openDesk({ ...parts, tell: said }, choice, measured === null ? null : Number(measured));
  if (!kept) desk.state.warning = words.said.not_kept ?? "";
  else if (!canSeal()) desk.state.warning = words.said.not_sealed ?? "";
  if (kept) desk.state.left = await leftBehind(localStorage, { id: owner, name: place.dataset.ownerName ?? "" }, inBrowser);
  here = { desk, queue, call, bar: status(find("[data-status]"), desk.state, queue, sessions, words, Date.now) };
  const vouch = (found: Found) => checkInByName(found, found.state === "here" ? { direction: "out" } : {});
  searching(find("[data-names]"), sessions, call, place.dataset.mayOverride !== undefined ? vouch : null);
  for (const part of ["status", "last", "names"]) show(find(`[data-${part}]`), true);
  draw();
  void install();
  void arrive();
  setInterval(() => void sync(false), RETRY);
  setInterval(() => void sync(true), REFRESH);
  globalThis.addEventListener("online", () => void sync(true));
  globalThis.addEventListener("offline", () => void arrive());
}

function draw(): void {
  if (!here) return;
  const { desk, queue, bar } = here;
  bar.draw();
  if (desk.state.skew !== null) localStorage.setItem("desk-skew", String(desk.state.skew));
  drawLeft(find("[data-left]"), [...(desk.state.isRevoked ? own() : []), ...desk.state.left], zone, words, clear);
  drawLast(find("[data-last]"), desk.state.done, queue.kept(), zone, Date.now() - (desk.state.skew ?? 0), nameOf, undo);
  drawFailed(find("[data-failed]"), queue.kept());
  const rejected = desk.state.isRevoked ? [] : queue.rejected();
  drawRejected(find("[data-rejected]"), rejected, zone, nameAt, (which) => void queue.dismiss(which).then(draw));
  if (desk.state.isRevoked) forget();
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
  find("[data-names] ul").replaceChildren();
  answers.say("withdrawn");
  void forgetPages();
}

function nameOf(done: Done): string {
  return names.get(done.nonce) ?? (place.dataset.volunteer ?? "").replace("{}", String(done.number));
}

function direction(): "in" | "out" {
  return new FormData(form).get("direction") === "out" ? "out" : "in";
}

function scanOf(code: string, more: Partial<Scan> = {}): Scan {
  const activities = (place.dataset.activities ?? "").split(" ");
  return { activities, sessions, code, direction: direction(), nonce: nonce(), happened_at: text(Date.now()), ...more };
}

/** Puts a code in the line; a second card held up meanwhile waits its turn. */
function take(code: string, more: Partial<Scan> = {}): void {
  const scan = scanOf(code, more);
  settle(
    scan,
    (desk, cut) => desk.scan(scan, cut, () => isStopped),
    (added) => take(code, { direction: scan.direction, ...added }),
  );
}

function settle(scan: Scan, ask: (desk: Desk, cut: () => void) => Promise<Answer | null>, again: Next["again"]): void {
  line = line.then(async () => {
    if (!here) return;
    isStopped = false;
    const slow = setTimeout(() => answers.say("waiting"), SLOW);
    const answer = await ask(here.desk, () => {
      clearTimeout(slow);
      if (!answers.isSaying("cut")) answers.say("cut");
    }).catch((): Answer => ({ code: "trouble", title: "", detail: "" }));
    clearTimeout(slow);
    if (!answer) return answers.say("ready");
    if (answer.name && answer.code === "ok") names.set(scan.nonce, answer.name);
    if (hasSound()) beep(answer.code === "ok");
    answers.tell(answer, next(scan, answer, here.desk, again));
    draw();
    document.body.dispatchEvent(new Event("scanned"));
  });
}

/** What can follow: the same once more with what was missing, under a nonce of its own, because the refused scan is in the log. */
function next(scan: Scan, answer: Answer, { state, mayOverrule }: Desk, again: Next["again"]): Next {
  const isOpen = (session: PackedSession) => session.walk_ins && sessions.includes(session.id);
  const isAsking = !isOffline(state.connection) && scan.direction === "in" && scan.code !== "";
  return {
    again,
    takePlace: (session) => walkIn(scanOf(scan.code, { direction: "in", session })),
    mayOverride: isOffline(state.connection) ? mayOverrule() : place.dataset.mayOverride !== undefined,
    passable: (place.dataset.passable ?? "").split(" "),
    open: isAsking ? (state.pack?.sessions.filter(isOpen) ?? []) : [],
    remark: async (text) => (await here?.queue.remark(scan.nonce, text).finally(draw)) ?? false,
    leaveEarly: canLeaveEarly(answer, Date.now() - (state.skew ?? 0)) ? (reason) => goEarly(answer, reason) : null,
  };
}

/** The place is kept where questions are to be answered first: the card itself is scanned again with the answers. */
function walkIn(scan: Scan): void {
  const body = { session: scan.session, code: scan.code, nonce: scan.nonce };
  settle(
    scan,
    (desk, cut) => desk.send("/api/v1/desk/walk-ins", body, scan, cut, () => isStopped),
    (added) => take(scan.code, { direction: "in", ...added }),
  );
}

function goEarly(answer: Answer, reason: string): void {
  line = line.then(async () => {
    if (!here) return;
    const said: [string, string] = [words.said.left_early ?? "", words.said.left_early_next ?? ""];
    const told = await leaveEarly(answer, reason, here.call, nonce(), said);
    if (told) answers.tell(told, null);
    else answers.say("unheard");
  });
}

function checkInByName(found: Found, more: Partial<Scan> = {}): void {
  const scan = scanOf("", more);
  const { direction, nonce, answers, override } = scan;
  const body = { signup_id: found.signup_id, direction, nonce, ...(answers && { answers }), ...(override && { override }) };
  settle(
    scan,
    (desk, cut) => desk.send("/api/v1/check-ins/by-name", body, scan, cut, () => isStopped),
    ({ session: _, ...added }) => checkInByName(found, { direction, ...added }),
  );
}

function undo(done: Done): void {
  line = line.then(async () => {
    if (!here) return;
    const answer = await here.desk.undo(done);
    const said = { title: words.said[`undone_${done.direction}`] ?? "", detail: words.said.undone_next ?? "" };
    answers.tell({ ...answer, ...(answer.title ? {} : said), name: nameOf(done) }, null);
    draw();
    document.body.dispatchEvent(new Event("scanned"));
  });
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
  if (hadWaiting || isRefreshing || desk.state.connection.fell !== null) await desk.prepare(sessions);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const code = field.value;
  field.value = "";
  field.focus();
  if (code.trim()) take(code);
});

find("[data-answers]").addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-stop]")) isStopped = true;
});

// A hand scanner types: whatever has the focus, its characters belong to the field.
document.addEventListener("keydown", (event) => {
  const types = event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey && event.key !== " ";
  const active = document.activeElement;
  const isTyping =
    active instanceof HTMLSelectElement || (active instanceof HTMLInputElement && !["radio", "checkbox"].includes(active.type));
  if (types && !isTyping) field.focus();
});
form.addEventListener("change", () => {
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
  (code) => take(code),
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
    name: place.dataset.ownerName ?? "",
    waiting: here?.queue.kept().filter((kept) => kept.failed) ?? [],
    rejected: [],
  };
  save(table(failed, words, zone, language), fileName(failed, words, Date.now()));
});
field.focus();
