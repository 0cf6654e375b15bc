import { expect, test } from "vitest";
import { inMemory } from "./box";
import { type Item, isLost, isNews, open, type Result } from "./queue";

function item(nonce: string, reason = "ok"): Item {
  return { nonce, activities: ["a"], code: "c", direction: "in", happened_at: "2026-11-26T01:00:00Z", skew_ms: 0, reason };
}

function result(nonce: string, status: number, code: string, more: Partial<Result> = {}): Result {
  return { nonce, status, code, title: code, detail: "", ...more };
}

const nonces = (items: Item[]) => items.map((one) => one.nonce);

// scenario: checkin-76
test("what was queued is there after a crash, in the order in which it happened", async () => {
  const store = inMemory();
  const before = await open(store);
  for (const nonce of ["z", "a", "m"]) await before.add(item(nonce));
  const after = await open(store);
  await after.add(item("b"));
  expect(nonces(after.waiting())).toEqual(["z", "a", "m", "b"]);
  expect(nonces((await open(store)).waiting())).toEqual(["z", "a", "m", "b"]);
});

// scenario: checkin-79
test("a refused item leaves the queue and stays on a list with its reason until somebody has read it", async () => {
  const store = inMemory();
  const queue = await open(store);
  await queue.add(item("n1"));
  await queue.add(item("n2"));
  expect(await queue.settle([result("n1", 409, "revoked"), result("n2", 201, "ok")])).toBe(2);
  const later = await open(store);
  expect(later.waiting()).toEqual([]);
  expect(later.rejected().map((one) => [one.item.nonce, one.result.code])).toEqual([["n1", "revoked"]]);
  await later.dismiss("n1");
  expect((await open(store)).rejected()).toEqual([]);
});

test("what got no answer, or one that the server is busy, goes on waiting", async () => {
  const queue = await open(inMemory());
  for (const nonce of ["n1", "n2", "n3"]) await queue.add(item(nonce));
  await queue.settle([result("n1", 201, "ok"), result("n3", 503, "busy")]);
  expect(nonces(queue.waiting())).toEqual(["n2", "n3"]);
});

// scenario: checkin-79
test("the list of refused scans is written before the queue forgets one", async () => {
  const store = inMemory();
  const queue = await open(store);
  await queue.add(item("n1"));
  const dying = { ...store, remove: () => Promise.reject(new Error("the battery")) };
  const dies = await open(dying);
  await expect(dies.settle([result("n1", 404, "unknown_pass")])).rejects.toThrow();
  const later = await open(store);
  expect([later.waiting().length, later.rejected().length]).toEqual([1, 1]);
});

// scenario: checkin-78
test.each([
  ["as said", item("n"), result("n", 201, "ok"), false],
  ["two desks let in one person", item("n"), result("n", 201, "duplicate_offline"), true],
  ["disputed", item("n", "already_in"), result("n", 409, "already_in", { disputed: true }), true],
  ["let in here, refused there", item("n"), result("n", 409, "blocked"), true],
  ["noted here, refused there", item("n", "unjudged"), result("n", 404, "unknown_pass"), true],
  ["refused here and there", item("n", "revoked"), result("n", 409, "revoked"), false],
  ["not readable", item("n", "revoked"), result("n", 400, "malformed"), true],
])("what the desk has to hear of: %s", (_, one, answer, isTold) => {
  expect(isNews(one, answer)).toBe(isTold);
});

// scenario: checkin-78
test.each([
  ["let in, and refused by the server", item("n"), result("n", 403, "not_allowed"), true],
  ["let in at two desks", item("n"), result("n", 201, "duplicate_offline"), false],
  ["refused by both", item("n", "revoked"), result("n", 409, "revoked"), false],
  ["only noted", item("n", "unjudged"), result("n", 404, "unknown_pass"), false],
  ["an undo that came too late", { ...item("n"), undoes: "m" }, result("n", 409, "undo_too_late"), false],
])("what stands out until somebody has told the organiser: %s", (_, item, result, stands) => {
  expect(isLost(item, result)).toBe(stands);
});

// scenario: checkin-81
test("a scan that the server fell over is marked and stays, and what came with it leaves", async () => {
  const store = inMemory();
  const queue = await open(store);
  for (const nonce of ["n1", "n2"]) await queue.add(item(nonce));
  await queue.settle([result("n1", 500, "fault"), result("n2", 201, "ok")]);
  expect((await open(store)).kept().map((kept) => [kept.item.nonce, kept.failed])).toEqual([["n1", true]]);
});

test("nothing can be written down beside a scan that has left", async () => {
  const store = inMemory();
  const queue = await open(store);
  await queue.add(item("n1", "unjudged"));
  expect(await queue.remark("n1", "Mrs Wang")).toBe(true);
  expect((await open(store)).waiting()[0]?.remark).toBe("Mrs Wang");
  await queue.settle([result("n1", 201, "ok")]);
  expect(await queue.remark("n1", "Mr Li")).toBe(false);
});
