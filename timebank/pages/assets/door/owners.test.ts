import { expect, test } from "vitest";
import { inMemory, type Store } from "./box";
import { leftBehind, leftByAll, putAway } from "./owners";

function browser() {
  const [stores, kept] = [new Map<string, Store>(), new Map<string, string>()];
  const memory = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  const open = async (id: string) => stores.get(id) ?? (stores.set(id, inMemory()).get(id) as Store);
  return { open, memory, opens: (id: string, name: string) => leftBehind(memory, { id, name }, open) };
}

// scenario: checkin-79
test("what another desk has not sent is told with its name, stays where it is, and its roster is forgotten", async () => {
  const { open, opens } = browser();
  expect(await opens("hall", "Hall door")).toEqual([]);
  const hall = await open("hall");
  await hall.put("pack", "pack", {});
  await hall.put("queue", "n1", { position: 1, item: { nonce: "n1" } });
  const left = [{ id: "hall", name: "Hall door", waiting: [{ position: 1, item: { nonce: "n1" } }], rejected: [] }];
  expect(await opens("dan", "Dan")).toEqual(left);
  expect([await hall.all("pack"), (await hall.all("queue")).length]).toEqual([[], 1]);
  expect(await opens("dan", "Dan")).toEqual(left);
  expect(await opens("hall", "Hall door")).toEqual([]);
});

test("who has left nothing is not named to the next one", async () => {
  const { memory, opens } = browser();
  await opens("dan", "Dan");
  expect(await opens("hall", "Hall door")).toEqual([]);
  expect(memory.getItem("desk-owners")).not.toContain("Dan");
});

// scenario: checkin-79
test("only what is in the file is deleted: what another tab has scanned since stays", async () => {
  const { open, opens } = browser();
  await opens("hall", "Hall door");
  const hall = await open("hall");
  await hall.put("queue", "n1", { position: 1, item: { nonce: "n1" } });
  await hall.put("rejected", "n0", { item: { nonce: "n0" }, result: {} });
  const [left] = await opens("dan", "Dan");
  await hall.put("queue", "n2", { position: 2, item: { nonce: "n2" } });
  if (left) await putAway(hall, left);
  expect([await hall.all("queue"), await hall.all("rejected")]).toEqual([[{ position: 2, item: { nonce: "n2" } }], []]);
});

test("a store that cannot be opened stops neither the desk nor the others, and is looked at again", async () => {
  const { memory, open, opens } = browser();
  for (const [id, name] of [
    ["hall", "Hall door"],
    ["side", "Side door"],
  ] as const) {
    await opens(id, name);
    await (await open(id)).put("queue", id, { position: 1, item: { nonce: id } });
  }
  const failing = (id: string) => (id === "hall" ? Promise.reject(new Error("held")) : open(id));
  expect((await leftBehind(memory, { id: "dan", name: "Dan" }, failing)).map((left) => left.id)).toEqual(["side"]);
  expect((await leftByAll(memory, failing)).map((left) => left.id)).toEqual(["side"]);
  expect((await opens("dan", "Dan")).map((left) => left.id)).toEqual(["side", "hall"]);
});
