// The desk: takes one scan after the other, asks the server while it answers and decides by itself while it does not. Whatever the
// network does in between, a scan keeps its nonce, so it counts once.
import type { Answer } from "./answer";
import type { Store } from "./box";
import { text } from "./clock";
import { wellFormed } from "./codes";
import * as connection from "./connection";
import type { Done } from "./history";
import { type Judged, judge, type Scan } from "./judge";
import type { Left } from "./owners";
import type { Item, Queue, Result } from "./queue";
import { mayOverride } from "./rights";
import { covers, type Pack } from "./roster";
import type { Call, Reply } from "./server";

const PAUSES = [300, 1000, 2000, 3000];
const MOST = 1000;
/** How long a scan can be undone. */
export const UNDO_FOR = 15 * 60_000;
/** What the desk has done is of use until the next roster, and no longer than a day. */
const KEPT_FOR = 24 * 3_600_000;

export interface Parts {
  store: Store;
  queue: Queue;
  call: Call;
  /** This device's own clock, in milliseconds. */
  now(): number;
  pause(milliseconds: number): Promise<void>;
  nonce(): string;
  /** The desk or member under whose name it scans. */
  owner: string;
  /** What is said where the server knows this browser under another name. */
  foreign: string;
  /** The member signed in; null where nobody is, or no longer. */
  operator(): string | null;
  /** The words of what the desk has decided by itself. */
  tell(judged: Judged, scan: Scan, pack: Pack | null, done: Done[]): Answer;
  /** Something that the page shows is different now. */
  changed(): void;
}

/** What the page shows beside the answer. */
export interface State {
  connection: connection.Connection;
  skew: number | null;
  pack: Pack | null;
  done: Done[];
  isRevoked: boolean;
  isUploading: boolean;
  /** What others have left in this browser. */
  left: Left[];
  /** What the server said to the last upload or preparation that it refused as a whole. */
  trouble: string;
  /** What this browser cannot do for a desk, for as long as the page is open. */
  warning: string;
}

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
  const [kept] = await store.all<Pack>("pack");
  const state: State = {
    connection: connection.fresh(choice),
    skew,
    pack: kept ?? null,
    done: await recent(store, parts.now()),
    isRevoked: false,
    isUploading: false,
    left: [],
    trouble: "",
    warning: "",
  };
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
    if (reply.body.code === "ok") await note(reply.body, scan, reply.body.at ?? text(serverNow()), true);
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
    // On the disk first, shown afterwards: what was let in is never forgotten.
    await queue.add(item, { ...(answer.number ? { number: answer.number } : {}), title: titleOf(session ?? scan.sessions[0]) });
    if (answer.code === "ok") await note(answer, scan, text(moment), false);
    parts.changed();
    return answer;
  }

  /** Who stands for the scan, also when it is sent after the sign-out. */
  function signedIn(): { operator?: string } {
    const operator = parts.operator();
    return operator === null ? {} : { operator };
  }

  function titleOf(session: string | undefined): string {
    return state.pack?.sessions.find((one) => one.id === session)?.title ?? "";
  }

  async function note(answer: Answer, scan: Scan, at: string, isKnown: boolean): Promise<void> {
    if (!answer.session || answer.number === undefined) return;
    const done: Done = {
      nonce: scan.nonce,
      number: answer.number,
      session: answer.session.id,
      title: answer.session.title,
      direction: scan.direction,
      at,
      is_known: isKnown,
      is_undone: false,
    };
    await replace(done);
  }

  async function replace(done: Done): Promise<void> {
    await store.put("done", done.nonce, done).catch(() => undefined);
    state.done = [...state.done.filter((one) => one.nonce !== done.nonce), done];
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
    await replace({ ...done, is_undone: true, ...(reply ? { undone_at: text(serverNow()) } : {}) });
    return reply?.body ?? { code: "annulled", title: "", detail: "", direction: done.direction, is_offline: true };
  }

  async function prepare(sessions: string[]): Promise<boolean> {
    const reply = await call<Pack & Answer>("POST", "/api/v1/desk/packs", { sessions }, parts.nonce());
    if (reply?.body.code === "desk_revoked") await wipe();
    if (reply && reply.status >= 400) state.trouble = reply.body.title;
    const isHere = reply !== null && reply.status < 400 && isOwn(reply.body);
    if (isHere) {
      await store.put("pack", "pack", reply.body);
      state.pack = reply.body;
      state.trouble = "";
    }
    parts.changed();
    return isHere;
  }

  /** The page was put aside under another name than the one the server knows this browser by now. */
  function isOwn(pack: Pack): boolean {
    if (pack.desk.id !== parts.owner) state.trouble = parts.foreign;
    return pack.desk.id === parts.owner;
  }

  async function upload(): Promise<boolean> {
    if (state.isUploading || state.isRevoked) return false;
    state.isUploading = true;
    parts.changed();
    try {
      return await uploadAll();
    } finally {
      state.isUploading = false;
      parts.changed();
    }
  }

  /** Batch by batch; one that breaks off is sent again as it is, and the server knows each nonce that it has taken over (checkin-81).
   * What it could not do now waits for the next contact, and what comes after it goes on. */
  async function uploadAll(): Promise<boolean> {
    const tried = new Set<string>();
    const next = () => queue.waiting().filter((item) => !tried.has(item.nonce));
    for (let most = MOST; next().length > 0; ) {
      const items = next().slice(0, most);
      const body = { desk: parts.owner, sent_at: text(parts.now()), items };
      const reply = await call<{ items: Result[] } & Answer>("POST", "/api/v1/scans/uploads", body, parts.nonce());
      if (!reply) return false;
      if (reply.status === 413 && items.length > 1) most = Math.ceil(items.length / 2);
      else if (reply.status >= 400) return await refusedAsAWhole(reply.body);
      else {
        await taken(reply.body.items);
        for (const item of items) tried.add(item.nonce);
      }
    }
    state.trouble = "";
    return true;
  }

  async function taken(results: Result[]): Promise<void> {
    const arrived = new Set(results.filter((result) => result.status < 500).map((result) => result.nonce));
    const undone = new Set(queue.waiting().flatMap((item) => (item.undoes && arrived.has(item.nonce) ? [item.undoes] : [])));
    for (const done of state.done) {
      if (arrived.has(done.nonce)) await replace({ ...done, is_known: true });
    }
    for (const done of state.done) {
      if (undone.has(done.nonce)) await replace({ ...done, undone_at: text(serverNow()) });
    }
    await queue.settle(results);
    parts.changed();
  }

  async function refusedAsAWhole(problem: Answer): Promise<boolean> {
    state.trouble = problem.title;
    if (problem.code === "desk_revoked") await wipe();
    return false;
  }

  /** A desk that was withdrawn forgets everybody. What it had not sent stays without its codes, to be handed in as a file (checkin-86). */
  async function wipe(): Promise<void> {
    state.isRevoked = true;
    [state.pack, state.done] = [null, []];
    await store.clear("pack");
    await store.clear("done");
    await queue.forgetCodes();
    parts.changed();
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

/** What this desk has done lately; the rest is forgotten. */
async function recent(store: Store, now: number): Promise<Done[]> {
  const done = await store.all<Done>("done");
  const old = done.filter((one) => one.is_known && now - Date.parse(one.at) > KEPT_FOR);
  await store.remove(
    "done",
    old.map((one) => one.nonce),
  );
  return done.filter((one) => !old.includes(one));
}

/** Whether the desk could judge cards of these sessions by itself. */
export function isPrepared(state: State, sessions: string[]): boolean {
  return state.pack !== null && covers(state.pack, sessions);
}
