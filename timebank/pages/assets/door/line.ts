// The line at the desk: one thing after the other, beginning with what the desk had kept. What goes wrong with one person is told, and
// the next one has a turn all the same.
import type { Answer } from "./answer";
import type { Board, Next } from "./answers";
import { text } from "./clock";
import { isOffline } from "./connection";
import type { Desk } from "./desk";
import type { Done } from "./history";
import type { Scan } from "./judge";
import { canLeaveEarly, leaveEarly } from "./leaving";
import type { Found } from "./names";
import type { Queue } from "./queue";
import type { PackedSession } from "./roster";
import type { Call } from "./server";

const SLOW = 300;

/** A desk that stands ready. */
export interface Opened {
  desk: Desk;
  queue: Queue;
  call: Call;
}

/** The page around the line. */
export interface Around {
  opening: Promise<Opened>;
  board: Board;
  activities: string[];
  sessions: string[];
  /** What is known of the page's caller: may overrule while the server answers, and which reasons that passes over. */
  mayOverride: boolean;
  passable: readonly string[];
  said: Record<string, string>;
  direction(): "in" | "out";
  now(): number;
  nonce(): string;
  nameOf(done: Done): string;
  /** There is an answer to a scan; null where it went wrong. */
  heard(scan: Scan | null, answer: Answer | null): void;
  /** Draws what may be different now. */
  draw(): void;
  /** Somebody came, left or did neither: the figures are others. */
  counted(): void;
}

export interface Line {
  /** Puts a code in the line; a second card held up meanwhile waits its turn. */
  take(code: string, more?: Partial<Scan>): void;
  checkInByName(found: Found, more?: Partial<Scan>): void;
  undo(done: Done): void;
  /** No more is asked for the person whose turn it is; an answer that was on its way is still shown. */
  stop(): void;
}

export function lineOf(around: Around): Line {
  const { opening, board, said } = around;
  let isStopped = false;
  let last: Promise<unknown> = Promise.resolve();

  function enqueue(next: (here: Opened) => Promise<void>): void {
    const run = () => opening.then(next).catch(failed);
    last = last.then(run, run);
  }

  function failed(): void {
    around.heard(null, null);
    board.say("trouble");
    around.draw();
  }

  function scanOf(code: string, more: Partial<Scan> = {}): Scan {
    const { activities, sessions, direction, nonce, now } = around;
    return { activities, sessions, code, direction: direction(), nonce: nonce(), happened_at: text(now()), ...more };
  }

  function take(code: string, more: Partial<Scan> = {}): void {
    const scan = scanOf(code, more);
    settle(
      scan,
      (desk, cut) => desk.scan(scan, cut, () => isStopped),
      (added) => take(code, { direction: scan.direction, ...added }),
    );
  }

  function settle(scan: Scan, ask: (desk: Desk, cut: () => void) => Promise<Answer | null>, again: Next["again"]): void {
    enqueue(async (here) => {
      isStopped = false;
      const slow = setTimeout(() => board.say("waiting"), SLOW);
      const cut = () => {
        clearTimeout(slow);
        if (!board.isSaying("cut")) board.say("cut");
      };
      const answer = await ask(here.desk, cut).finally(() => clearTimeout(slow));
      if (!answer) return board.say("ready");
      around.heard(scan, answer);
      board.tell(answer, next(scan, answer, here, again));
      around.draw();
      around.counted();
    });
  }

  /** What can follow: the same once more with what was missing, under a nonce of its own, because the refused scan is in the log. */
  function next(scan: Scan, answer: Answer, { desk, queue }: Opened, again: Next["again"]): Next {
    const { state, mayOverrule } = desk;
    const isOpen = (session: PackedSession) => session.walk_ins && around.sessions.includes(session.id);
    const isAsking = !isOffline(state.connection) && scan.direction === "in" && scan.code !== "";
    return {
      again,
      takePlace: (session) => walkIn(scanOf(scan.code, { direction: "in", session })),
      isIn: scan.direction === "in",
      mayOverride: isOffline(state.connection) ? mayOverrule() : around.mayOverride,
      passable: around.passable,
      open: isAsking ? (state.pack?.sessions.filter(isOpen) ?? []) : [],
      remark: (text) => queue.remark(scan.nonce, text).finally(around.draw),
      leaveEarly: canLeaveEarly(answer, around.now() - (state.skew ?? 0)) ? (reason) => goEarly(answer, reason) : null,
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
    enqueue(async ({ call }) => {
      const kept: [string, string] = [said.left_early ?? "", said.left_early_next ?? ""];
      const told = await leaveEarly(answer, reason, call, around.nonce(), kept);
      if (told) board.tell(told, null);
      else board.say("unheard");
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
    enqueue(async ({ desk }) => {
      const answer = await desk.undo(done);
      const how = answer.is_unchanged ? "still" : "undone";
      const own = { title: said[`${how}_${done.direction}`] ?? "", detail: said.undone_next ?? "" };
      board.tell({ ...answer, ...(answer.title ? {} : own), name: around.nameOf(done) }, null);
      around.draw();
      around.counted();
    });
  }

  return {
    take,
    checkInByName,
    undo,
    stop() {
      isStopped = true;
    },
  };
}
