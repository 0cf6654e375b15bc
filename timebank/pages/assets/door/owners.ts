// Several desks and members may have used this browser. Each keeps what it scanned in a store of its own, because a scan counts under
// the name under which it was made; what another one has not sent is told, never sent under a wrong name and never thrown away.
import type { Store } from "./store";

/** A desk or member, and how many of its scans are kept here. */
export interface Left {
  name: string;
  count: number;
}

const PLACE = "desk-owners";

/** What others have left in this browser, which knows this one too from now on. A roster that was packed for somebody else is of no
 * use here and is forgotten, and so is the name of who has left nothing. */
export async function leftBehind(
  memory: Pick<Storage, "getItem" | "setItem">,
  own: { id: string; name: string },
  open: (id: string) => Promise<Store>,
): Promise<Left[]> {
  const names = JSON.parse(memory.getItem(PLACE) ?? "{}") as Record<string, string>;
  const known: Record<string, string> = { [own.id]: own.name };
  const found: Left[] = [];
  for (const [id, name] of Object.entries(names).filter(([id]) => id !== own.id)) {
    const count = await kept(await open(id));
    if (count === 0) continue;
    known[id] = name;
    found.push({ name, count });
  }
  memory.setItem(PLACE, JSON.stringify(known));
  return found;
}

async function kept(store: Store): Promise<number> {
  await store.clear("pack");
  return (await store.all("queue")).length + (await store.all("rejected")).length;
}
