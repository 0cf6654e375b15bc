// A desk as tests have it: a roster with Bob, a network that can be cut, a clock that stands.
import { inMemory } from "./box";
import type { Choice } from "./connection";
import { type Desk, open } from "./desk";
import { ACTIVITY, CHOIR, card, Network, NINE, pack, person, words } from "./given";
import type { Scan } from "./judge";
import * as queues from "./queue";
import { tell } from "./words";

export const [bob, carol] = [card(2), card(3)];

export async function at(
  options: {
    choice?: Choice;
    fast?: number;
    store?: ReturnType<typeof inMemory>;
    packed?: Parameters<typeof pack>[1];
    operator?: string | null;
  } = {},
) {
  const store = options.store ?? inMemory();
  if (!options.store) await store.put("pack", "pack", await pack([[bob, person("Bob", 2)]], options.packed));
  const network = new Network((well) => desk.went(well));
  const queue = await queues.open(store);
  const clock = { now: NINE + (options.fast ?? 0) };
  let names = 0;
  const desk: Desk = await open(
    {
      store,
      queue,
      call: network.call,
      now: () => clock.now,
      pause: async () => undefined,
      nonce: () => `own-${names++}`,
      owner: "d",
      operator: () => (options.operator === undefined ? "alice" : options.operator),
      foreign: "Another name.",
      tell: (judged, scan, packed, done) => tell(judged, scan, packed, done, words, "en"),
      changed: () => undefined,
    },
    options.choice ?? "auto",
    options.fast ?? 0,
  );
  const scan = (nonce: string, code = bob.text, more: Partial<Scan> = {}, isStopped = () => false) => {
    const about = {
      activities: [ACTIVITY],
      sessions: [CHOIR],
      direction: "in" as const,
      happened_at: new Date(clock.now).toISOString(),
    };
    return desk.scan({ ...about, nonce, code, ...more }, () => undefined, isStopped);
  };
  return { desk, network, queue, store, clock, scan };
}
