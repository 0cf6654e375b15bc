import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { exchange, type Means, settleAll } from "./exchange";
import { inMemory } from "./journal";
import { ask, type Known, type Page, type Silence } from "./traffic";

const RECEIPT: Page = { kind: "page", html: "receipt", wait: null, status: 200, settled: "k1" };
const BUSY: Page = { ...RECEIPT, wait: 5, status: 503, settled: null };
const START: Page = { ...RECEIPT, html: "start", settled: null };
const SILENCE: Silence = { kind: "silence" };
const NEVER = new Promise<void>(() => undefined);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A kiosk whose server says so of every key, one saying after the other; the last for ever. */
function kiosk(...says: Known[]): Means & { told: string[]; asked: string[] } {
  const [told, asked]: [string[], string[]] = [[], []];
  return {
    journal: inMemory(),
    told,
    asked,
    tell: (notice) => void told.push(notice),
    state: async (key, act) => {
      asked.push(`${act} ${key}`);
      return (says.length > 1 ? says.shift() : says[0]) ?? null;
    },
  };
}

function answering(...answers: (Page | Silence)[]) {
  return vi.fn(async () => (answers.length > 1 ? answers.shift() : answers[0]) ?? SILENCE);
}

// scenario: ledger-137
test("a server that asks to wait is asked again after that time, and no point is said to be taken", async () => {
  const [own, send] = [kiosk(), answering(BUSY, RECEIPT)];
  const outcome = exchange("k1", send, NEVER, own);
  await vi.advanceTimersByTimeAsync(4_900);
  expect([send.mock.calls.length, own.told]).toEqual([1, ["busy"]]);
  expect(await own.journal.all()).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(await outcome).toBe(RECEIPT);
  expect(await own.journal.all()).toEqual([]);
});

// scenario: ledger-132
test("a lost answer is asked for again", async () => {
  const [own, send] = [kiosk(), answering(SILENCE, SILENCE, RECEIPT)];
  const outcome = exchange("k1", send, NEVER, own);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await outcome).toBe(RECEIPT);
  expect([send.mock.calls.length, own.told]).toEqual([3, ["unanswered", "unanswered"]]);
});

/** What the server answers to a form: a page that settles `key`, or does not. */
function drawn(status: number, key?: string): Response {
  const html = `<main${key ? ` data-settled="${key}"` : ""}></main>`;
  return new Response(html, { status, headers: { "content-type": "text/html; charset=utf-8" } });
}

// scenario: ledger-132
test("a page of trouble is no answer: points may have been taken before it, so the same key is sent again", async () => {
  const own = kiosk("done");
  const fetched = vi.fn(async () =>
    drawn(fetched.mock.calls.length < 2 ? 500 : 200, fetched.mock.calls.length < 2 ? undefined : "k1"),
  );
  vi.stubGlobal("fetch", fetched);
  const outcome = exchange("k1", () => ask("/kiosk/redeem", new URLSearchParams()), NEVER, own);
  await vi.advanceTimersByTimeAsync(1_000);
  expect([own.told, (await own.journal.all()).length]).toEqual([["unanswered"], 1]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await outcome).toMatchObject({ kind: "page", status: 200, settled: "k1" });
  expect([fetched.mock.calls.length, await own.journal.all()]).toEqual([2, []]);
});

test("a receipt that cannot be drawn just now is not said to be untaken", async () => {
  const own = kiosk("done");
  const busy = Object.defineProperty(drawn(503), "redirected", { value: true });
  const fetched = vi.fn(async () => (fetched.mock.calls.length < 2 ? busy : drawn(200, "k1")));
  vi.stubGlobal("fetch", fetched);
  const outcome = exchange("k1", () => ask("/kiosk/redeem", new URLSearchParams()), NEVER, own);
  await vi.advanceTimersByTimeAsync(2_500);
  expect([await outcome, own.told]).toMatchObject([{ settled: "k1" }, ["unanswered"]]);
});

// scenario: ledger-133
test.each([
  [["done"], ["ask k1"]],
  [
    ["unknown", "refused"],
    ["ask k1", "abandon k1"],
  ],
] as [Known[], string[]][])("where a page says nothing of the key the server is asked: %s", async (says, asked) => {
  const own = kiosk(...says);
  expect(await exchange("k1", answering(START), NEVER, own)).toEqual({ kind: "settled" });
  expect([own.asked, await own.journal.all()]).toEqual([asked, []]);
});

test("a kiosk that is unpaired in the midst of an exchange keeps its key", async () => {
  const own = kiosk("unpaired");
  expect(await exchange("k1", answering({ ...START, status: 401 }), NEVER, own)).toEqual({ kind: "unpaired" });
  expect(await own.journal.all()).toHaveLength(1);
});

test("the key is written down before anything is sent", async () => {
  const own = kiosk();
  const send = vi.fn(async () => {
    expect(await own.journal.all()).toHaveLength(1);
    return RECEIPT;
  });
  await exchange("k1", send, NEVER, own);
  expect(send).toHaveBeenCalledTimes(1);
});

test("where nothing can be written down nothing is sent", async () => {
  const [own, send] = [kiosk(), answering(RECEIPT)];
  own.journal.put = () => Promise.reject(new Error("full"));
  expect(await exchange("k1", send, NEVER, own)).toEqual({ kind: "unwritten" });
  expect(send).not.toHaveBeenCalled();
});

// scenario: ledger-134
test("who stops waiting has the key given up, however long that takes", async () => {
  const own = kiosk(null, null, "refused");
  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const outcome = exchange("k1", () => new Promise(() => undefined), stopped, own);
  await vi.advanceTimersByTimeAsync(4_500);
  expect(own.told).toEqual(["unanswered"]);
  stop();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await outcome).toEqual({ kind: "settled" });
  expect(own.asked).toEqual(["abandon k1", "abandon k1", "abandon k1"]);
  expect(await own.journal.all()).toEqual([]);
});

test("after a minute without an answer the key is given up by itself", async () => {
  const own = kiosk("refused");
  const outcome = exchange("k1", answering(SILENCE), NEVER, own);
  await vi.advanceTimersByTimeAsync(59_000);
  expect(own.asked).toEqual([]);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await outcome).toEqual({ kind: "settled" });
});

// scenario: ledger-136
test("after a power cut done stays done, and unknown is given up", async () => {
  const own = kiosk("done", "unknown", "refused");
  await own.journal.put({ key: "first", sent: "1" });
  await own.journal.put({ key: "second", sent: "2" });
  expect(await settleAll(own)).toBe("second");
  expect(own.asked).toEqual(["ask first", "ask second", "abandon second"]);
  expect(await own.journal.all()).toEqual([]);
});

// scenario: ledger-139
test("while the server cannot be asked nothing counts as settled", async () => {
  const own = kiosk(null);
  await own.journal.put({ key: "first", sent: "1" });
  const settled = vi.fn();
  void settleAll(own).then(settled);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(settled).not.toHaveBeenCalled();
  expect(own.told.every((notice) => notice === "cut")).toBe(true);
  expect(await own.journal.all()).toHaveLength(1);
});

test("a kiosk that the server does not know any more waits for nothing and keeps its keys", async () => {
  const own = kiosk("unpaired");
  await own.journal.put({ key: "first", sent: "1" });
  expect(await settleAll(own)).toBe(null);
  expect(await own.journal.all()).toHaveLength(1);
});
