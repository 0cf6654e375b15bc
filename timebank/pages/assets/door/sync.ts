// What a desk and the server tell each other apart from single scans: the roster, the queue, and that the desk was withdrawn.
import type { Answer } from "./answer";
import { text } from "./clock";
import { keep } from "./last";
import type { Result } from "./queue";
import type { Pack } from "./roster";
import type { Parts, State } from "./state";
import { hidden } from "./to_server";

const MOST = 1000;

export interface Sync {
  prepare(sessions: string[]): Promise<boolean>;
  upload(): Promise<boolean>;
  /** After the answer that the desk was withdrawn. */
  wipe(): Promise<void>;
}

export function syncing(parts: Parts, state: State): Sync {
  const { store, queue, call } = parts;
  const now = () => parts.now() - (state.skew ?? 0);

  async function prepare(sessions: string[]): Promise<boolean> {
    const reply = await call<Pack & Answer>("POST", "/api/v1/desk/packs", { sessions }, parts.nonce());
    if (reply?.body.code === "desk_revoked") await wipe();
    if (reply && reply.status >= 400) state.trouble = reply.body.title;
    const isHere = reply !== null && reply.status < 400 && isOwn(reply.body);
    if (isHere) {
      // A disk that takes no more: it is of use as long as the page is open.
      await store.put("pack", "pack", reply.body).catch(() => undefined);
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
      if (arrived.has(done.nonce)) await keep(store, state, { ...done, is_known: true });
    }
    for (const done of state.done) {
      if (undone.has(done.nonce)) await keep(store, state, { ...done, undone_at: text(now()) });
    }
    state.sent += await queue.settle(results);
    parts.changed();
  }

  async function refusedAsAWhole(problem: Answer): Promise<boolean> {
    state.trouble = problem.title;
    if (problem.code === "desk_revoked") await wipe();
    return false;
  }

  /** A desk that was withdrawn forgets everybody. What it had not sent stays, its codes sealed to the server or gone, to be handed in as
   * a file (checkin-86). */
  async function wipe(): Promise<void> {
    const seals = state.pack?.seals;
    state.isRevoked = true;
    [state.pack, state.done] = [null, []];
    // What cannot be deleted any more keeps neither the rest nor the page from forgetting.
    await Promise.allSettled([
      store.clear("pack"),
      store.clear("done"),
      queue.forgetCodes((item) => hidden(item, parts.owner, seals)),
    ]);
    parts.changed();
  }

  return { prepare, upload, wipe };
}
