// One exchange from the key to its outcome, and what is done about the keys of before. It judges nothing: the server says what became of a
// key, and until it has said so the kiosk serves nobody.
import type { Journal } from "./journal";
import type { Notice } from "./screen";
import { type Known, type Page, pause, type Silence } from "./traffic";

const SPEAKS_UP_AFTER = 4;
const GIVES_UP_AFTER = 60;
const BETWEEN = 3;

/** What an exchange needs of the kiosk around it. */
export interface Means {
  journal: Journal;
  state(key: string, act: "ask" | "abandon"): Promise<Known>;
  tell(notice: Notice): void;
}

/** What came of it: a page that tells it, a key of which the server has to be asked what to tell, one that this kiosk could not write
 * down (nothing was sent), or a server that does not know this kiosk any more. */
export type Outcome = Page | { kind: "settled" } | { kind: "unwritten" } | { kind: "unpaired" };

/** Sends the same request under one key until the server has answered for good, `stopped` comes, or a minute is over (ledger-137). */
export async function exchange(
  key: string,
  send: () => Promise<Page | Silence>,
  stopped: Promise<void>,
  means: Means,
): Promise<Outcome> {
  try {
    await means.journal.put({ key, sent: new Date().toISOString() });
  } catch {
    return { kind: "unwritten" };
  }
  const answer = await untilAnswered(send, stopped, means);
  if (answer?.settled === key) {
    await means.journal.remove(key);
    return answer;
  }
  return { kind: (await (answer ? settle : giveUp)(key, means)) ? "settled" : "unpaired" };
}

async function untilAnswered(send: () => Promise<Page | Silence>, stopped: Promise<void>, means: Means): Promise<Page | null> {
  const ends = performance.now() + GIVES_UP_AFTER * 1000;
  const stop = stopped.then(() => null);
  let isStopped = false;
  void stop.then(() => {
    isStopped = true;
  });
  while (!isStopped && performance.now() < ends) {
    const late = setTimeout(() => means.tell("unanswered"), SPEAKS_UP_AFTER * 1000);
    const answer = await Promise.race([send(), stop]);
    clearTimeout(late);
    if (answer === null) break;
    const wait = answer.kind === "page" ? answer.wait : null;
    // A page of trouble may have been drawn after the points were taken: it says no more than silence does.
    if (answer.kind === "page" && wait === null && answer.status < 500) return answer;
    means.tell(wait === null ? "unanswered" : "busy");
    await Promise.race([pause(wait ?? 2), stop]);
  }
  return null;
}

/** Asks what became of a key: done stays done, unknown is given up. False as in `giveUp`. */
async function settle(key: string, means: Means): Promise<boolean> {
  const known = await learned(key, "ask", means);
  if (known === "unpaired") return false;
  if (known === "unknown") return giveUp(key, means);
  await means.journal.remove(key);
  return true;
}

/** Nothing is taken: the server takes the exchange back or never makes it, whichever came first (ledger-134, ledger-135). False where it
 * does not know this kiosk: the key stays in the journal. */
export async function giveUp(key: string, means: Means): Promise<boolean> {
  if ((await learned(key, "abandon", means)) === "unpaired") return false;
  await means.journal.remove(key);
  return true;
}

/** What was asked for before a power cut (ledger-136). The last key that was settled, to be told. */
export async function settleAll(means: Means): Promise<string | null> {
  let last: string | null = null;
  for (const { key } of await means.journal.all()) {
    if (!(await settle(key, means))) return last;
    last = key;
  }
  return last;
}

async function learned(key: string, act: "ask" | "abandon", means: Means): Promise<Exclude<Known, null>> {
  for (;;) {
    const known = await means.state(key, act);
    if (known !== null) return known;
    means.tell("cut");
    await pause(BETWEEN);
  }
}
