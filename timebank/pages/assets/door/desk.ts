// The desk: takes one scan after the other, asks the server while it answers and decides by itself while it does not. Whatever the
// network does in between, a scan keeps its nonce, so it counts once.
import type { Answer } from "./answer";
import { inMemory, type Store } from "./box";
import { text } from "./clock";
import { wellFormed } from "./codes";
import * as connection from "./connection";
import { type Done, isDoubled } from "./history";
import { judge, type Scan } from "./judge";
import { doneOf, keep, recent } from "./last";
import { type Item, open as openQueue, type Queue } from "./queue";
import { mayOverride } from "./rights";
import { asPutAside, type PutAside } from "./roster";
import type { Reply } from "./server";
import type { Parts, State } from "./state";
import { syncing } from "./sync";
import { hidden } from "./to_server";

const PAUSES = [300, 1000, 2000, 3000];
/** How long a scan can be undone. */
export const UNDO_FOR = 15 * 60_000;

export interface Desk {
  state: State;
  /** The answer; null where the person stopped asking before there was one. `cut` is called each time that none came. */
  scan(scan: Scan, cut: () => void, isStopped: () => boolean): Promise<Answer | null>;
  /** Sends anything else that counts once until there is an answer: a check-in by name, a walk-in. */
  send(path: string, body: object, scan: Scan, cut: () => void, isStopped: () => boolean): Promise<Answer | null>;
  undo(done: Done): Promise<Answer>;
  prepare(sessions: string[]): Promise<boolean>;
  /** Whether a refusal can be overruled now, while this desk decides by itself. */
  mayOverrule(): boolean;
  upload(): Promise<boolean>;
  choose(choice: connection.Choice): void;
  went(well: boolean): void;
  measured(skew: number): void;
}

/** A desk with what it had kept. */
export async function open(parts: Parts, choice: connection.Choice, skew: number | null): Promise<Desk> {
  const { store, queue, call } = parts;
  const [kept] = await store.all<PutAside>("pack");
  const state: State = {
    connection: connection.fresh(choice),
    skew,
    pack: kept ? asPutAside(kept) : null,
    done: await recent(store, parts.now()),
    isRevoked: false,
    isUploading: false,
    sent: 0,
    left: [],
    trouble: "",
    warning: "",
  };
  const { prepare, upload, wipe } = syncing(parts, state);
  const serverNow = () => parts.now() - (state.skew ?? 0);
  const isOffline = () => connection.isOffline(state.connection);
  const mayOverrule = () => mayOverride(state.pack, parts.operator(), serverNow());

  async function ask(path: string, body: object, cut: () => void, isStopped: () => boolean, isOver: () => boolean) {
    for (let round = 0; !isStopped() && !isOver(); round++) {
      const reply = await call<Answer>("POST", path, body);
      if (reply) return reply;
      cut();
      if (!isOver()) await parts.pause(PAUSES[Math.min(round, PAUSES.length - 1)] as number);
    }
    return null;
  }

  async function scan(taken: Scan, cut: () => void, isStopped: () => boolean): Promise<Answer | null> {
    const scan = { ...taken, code: wellFormed(taken.code) };
    if (state.isRevoked) return refused(scan, "desk_revoked");
    state.sent = 0;
    const { sessions: _, ...body } = scan;
    const reply = await ask("/api/v1/scans", body, cut, isStopped, isOffline);
    // Asked by name, never by the nonce: a scan whose answer was lost goes into the queue under the same one.
    if (reply) return settled(reply, scan);
    return isStopped() ? null : decideHere(scan);
  }

  /** About the desk, not the person: told before anything is asked or noted. */
  function refused(scan: Scan, reason: "desk_revoked" | "not_allowed"): Answer {
    return parts.tell({ at: serverNow(), verdict: { reason }, person: null }, scan, null, []);
  }

  async function send(
    path: string,
    body: object,
    scan: Scan,
    cut: () => void,
    isStopped: () => boolean,
  ): Promise<Answer | null> {
    const reply = await ask(path, body, cut, isStopped, () => state.connection.choice === "offline");
    return reply && settled(reply, scan);
  }

  async function settled(reply: Reply<Answer>, scan: Scan): Promise<Answer> {
    if (reply.body.code === "desk_revoked") await wipe();
    // Of who was out already the answer tells when that was, not when this scan was.
    const at = reply.body.was_out ? undefined : reply.body.at;
    if (reply.body.code === "ok") await note(reply.body, scan, at ?? text(serverNow()), true);
    return reply.body;
  }

  async function decideHere(scan: Scan): Promise<Answer> {
    if (scan.override && !mayOverrule()) return refused(scan, "not_allowed");
    const [pack, skew] = [state.pack, state.skew];
    const moment = Date.parse(scan.happened_at) - (skew ?? 0);
    const judged = await judge(scan, pack, state.done, moment).catch(() => ({ at: moment, verdict: null, person: null }));
    const answer = parts.tell(judged, scan, pack, state.done);
    const session = judged.verdict?.session ?? scan.session;
    const item: Item = {
      nonce: scan.nonce,
      activities: scan.activities,
      code: scan.code,
      direction: scan.direction,
      happened_at: scan.happened_at,
      skew_ms: skew,
      reason: judged.verdict?.reason ?? "unjudged",
      ...(session ? { session } : {}),
      ...(scan.override ? { override_reason: scan.override.reason } : {}),
      ...(scan.answers ? { answers: scan.answers } : {}),
      ...signedIn(),
    };
    const waiting = await hidden(item, parts.owner, pack?.seals);
    // On the disk first, shown afterwards: what was let in is never forgotten.
    await queue.add(waiting, {
      ...(answer.number ? { number: answer.number } : {}),
      title: titleOf(session ?? only(scan.sessions)),
    });
    if (answer.code === "ok") await note(answer, scan, text(moment), false);
    parts.changed();
    return answer;
  }

  /** Who stands for the scan, also when it is sent after the sign-out. */
  function signedIn(): { operator?: string } {
    const operator = parts.operator();
    return operator === null ? {} : { operator };
  }

  /** Of several nobody has chosen one. */
  function only(sessions: string[]): string | undefined {
    return sessions.length === 1 ? sessions[0] : undefined;
  }

  function titleOf(session: string | undefined): string {
    return state.pack?.sessions.find((one) => one.id === session)?.title ?? "";
  }

  async function note(answer: Answer, scan: Scan, at: string, isKnown: boolean): Promise<void> {
    const done = doneOf(answer, scan, at, isKnown);
    if (done) await keep(store, state, done);
    parts.changed();
  }

  async function undo(done: Done): Promise<Answer> {
    const undone: Item = {
      nonce: parts.nonce(),
      undoes: done.nonce,
      activities: state.pack?.sessions.filter((one) => one.id === done.session).map((one) => one.activity_id) ?? [],
      code: "",
      direction: done.direction,
      happened_at: text(parts.now()),
      skew_ms: state.skew,
      reason: "ok",
      ...signedIn(),
    };
    const isQueued = queue.waiting().some((item) => item.nonce === done.nonce);
    const body = { nonce: done.nonce, undo_nonce: undone.nonce };
    const reply = isQueued || isOffline() ? null : await call<Answer>("POST", "/api/v1/scans/undo", body);
    if (reply?.body.code === "desk_revoked") await wipe();
    if (reply && reply.status >= 400) return reply.body;
    if (!reply) await queue.add(undone, { number: done.number, title: done.title });
    await keep(store, state, { ...done, is_undone: true, ...(reply ? { undone_at: text(serverNow()) } : {}) });
    parts.changed();
    const alone = { code: "annulled", title: "", detail: "", direction: done.direction, is_offline: true };
    return reply?.body ?? { ...alone, is_unchanged: isDoubled(done, state.done) };
  }

  return {
    state,
    scan,
    send,
    undo,
    prepare,
    mayOverrule,
    upload,
    choose(choice) {
      state.connection = connection.chosen(state.connection, choice);
      parts.changed();
    },
    went(well) {
      state.connection = connection.noted(state.connection, well, parts.now());
      parts.changed();
    },
    measured(skew) {
      state.skew = skew;
      parts.changed();
    },
  };
}

/** The same with what this browser keeps; with an empty memory where it keeps nothing, or what it kept cannot be opened. */
export async function openKept(
  parts: Omit<Parts, "store" | "queue">,
  inBrowser: () => Promise<Store>,
  choice: connection.Choice,
  skew: number | null,
): Promise<{ desk: Desk; queue: Queue; isKept: boolean }> {
  async function start(store: Store, isKept: boolean) {
    const queue = await openQueue(store);
    return { desk: await open({ ...parts, store, queue }, choice, skew), queue, isKept };
  }
  const kept = await inBrowser()
    .then((store) => start(store, true))
    .catch(() => null);
  return kept ?? (await start(inMemory(), false));
}
