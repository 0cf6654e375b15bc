// Several desks and members may have used this browser. Each keeps what it scanned in a store of its own, because a scan counts under
// the name under which it was made; what another one has not sent is told, never sent under a wrong name and never thrown away.

import type { Store } from "./box";
import type { Kept, Rejected } from "./queue";

/** A desk or member, and what of its scans is kept here: never taken over, or refused. */
export interface Left {
  id: string;
  name: string;
  waiting: Kept[];
  rejected: Rejected[];
}

const PLACE = "desk-owners";

/** What others have left in this browser, which knows this one too from now on. A roster that was packed for somebody else is of no
 * use here and is forgotten, and so is the name of who has left nothing. */
export async function leftBehind(
  memory: Pick<Storage, "getItem" | "setItem">,
  own: { id: string; name: string },
  open: (id: string) => Promise<Store>,
): Promise<Left[]> {
  const names = known(memory);
  const found: Left[] = [];
  // What cannot be opened now stops nobody, and is looked at again the next time.
  const unread: { id: string; name: string }[] = [];
  for (const [id, name] of Object.entries(names).filter(([id]) => id !== own.id)) {
    const left = await open(id)
      .then(async (store) => {
        await store.clear("pack");
        return await leftOf(id, name, store);
      })
      .catch(() => null);
    if (left === null) unread.push({ id, name });
    else if (countOf(left) > 0) found.push(left);
  }
  const remembered = [own, ...found, ...unread].map(({ id, name }) => [id, name]);
  memory.setItem(PLACE, JSON.stringify(Object.fromEntries(remembered)));
  return found;
}

/** What everybody has left who ever scanned in this browser: for one that is no desk any more. */
export async function leftByAll(memory: Pick<Storage, "getItem">, open: (id: string) => Promise<Store>): Promise<Left[]> {
  const left = await Promise.all(
    Object.entries(known(memory)).map(async ([id, name]) => {
      const store = await open(id).catch(() => null);
      return store && leftOf(id, name, store).catch(() => null);
    }),
  );
  return left.filter((one) => one !== null).filter((one) => countOf(one) > 0);
}

async function leftOf(id: string, name: string, store: Store): Promise<Left> {
  const waiting = (await store.all<Kept>("queue")).sort((one, other) => one.position - other.position);
  return { id, name, waiting, rejected: await store.all<Rejected>("rejected") };
}

export function countOf({ waiting, rejected }: Pick<Left, "waiting" | "rejected">): number {
  return waiting.length + rejected.length;
}

/** Somebody has this as a file: nothing of it stays here. What another window has scanned since is in no file, and stays. */
export async function putAway(store: Store, { waiting, rejected }: Pick<Left, "waiting" | "rejected">): Promise<void> {
  const nonces = (kept: { item: { nonce: string } }[]) => kept.map(({ item }) => item.nonce);
  await store.remove("queue", nonces(waiting));
  await store.remove("rejected", nonces(rejected));
}

function known(memory: Pick<Storage, "getItem">): Record<string, string> {
  return JSON.parse(memory.getItem(PLACE) ?? "{}");
}
