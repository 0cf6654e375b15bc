// The boxes in which a desk keeps its things, wherever they lie.
export type Box = "pack" | "queue" | "rejected" | "done";

/** A few named boxes of things under keys. `put` has been written when it comes back. */
export interface Store {
  all<T>(box: Box): Promise<T[]>;
  put(box: Box, key: string, thing: unknown): Promise<void>;
  remove(box: Box, keys: string[]): Promise<void>;
  clear(box: Box): Promise<void>;
}

export const BOXES: Box[] = ["pack", "queue", "rejected", "done"];

/** For tests, and for browsers that keep nothing: gone with the page. */
export function inMemory(): Store {
  const boxes = new Map(BOXES.map((box) => [box, new Map<string, unknown>()]));
  const within = (box: Box) => boxes.get(box) as Map<string, unknown>;
  return {
    all: async <T>(box: Box) => structuredClone([...within(box).values()]) as T[],
    put: async (box, key, thing) => void within(box).set(key, structuredClone(thing)),
    remove: async (box, keys) => keys.forEach((key) => void within(box).delete(key)),
    clear: async (box) => within(box).clear(),
  };
}
