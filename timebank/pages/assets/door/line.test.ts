import { expect, test } from "vitest";
import type { Answer } from "./answer";
import type { Next } from "./answers";
import { inMemory, type Store } from "./box";
import { openKept } from "./desk";
import { ACTIVITY, accepted, CHOIR, card, Network, NINE, pack, person, words } from "./given";
import { lineOf, type Opened } from "./line";
import { tell } from "./words";

const bob = card(2);

/** A page with a line; `store` is what the browser keeps for this desk. */
async function at(store: Store | Error, opening?: Promise<Opened>) {
  const network = new Network(() => undefined);
  const inBrowser = async () => {
    if (store instanceof Error) throw store;
    return store;
  };
  let names = 0;
  const about = { owner: "d", foreign: "", operator: () => "alice", call: network.call, now: () => NINE };
  const parts = {
    ...about,
    pause: () => new Promise<void>((resume) => setTimeout(resume, 1)),
    nonce: () => `own-${names++}`,
    changed: () => undefined,
  };
  const said: Parameters<typeof openKept>[0]["tell"] = (judged, scan, packed, done) =>
    tell(judged, scan, packed, done, words, "en");
  const opened = await openKept({ ...parts, tell: said }, inBrowser, "auto", 0);
  const shown: string[] = [];
  const followed: (Next | null)[] = [];
  const heard: (string | null)[] = [];
  const board = {
    say: (state: string) => void shown.push(state),
    tell: (answer: Answer, next: Next | null) => void (shown.push(answer.code) && followed.push(next)),
    fade: () => undefined,
    isSaying: (state: string) => shown.at(-1) === state,
  };
  const line = lineOf({
    opening: opening ?? Promise.resolve({ ...opened, call: network.call }),
    board,
    activities: [ACTIVITY],
    sessions: [CHOIR],
    mayOverride: false,
    passable: [],
    said: words.said,
    direction: () => "in",
    now: () => NINE,
    nonce: () => `n${names++}`,
    nameOf: () => "Bob",
    heard: (_, answer) => void heard.push(answer?.code ?? null),
    draw: () => undefined,
    counted: () => undefined,
  });
  const until = async (count: number) => {
    for (let round = 0; shown.length < count && round < 100; round++) await new Promise((resume) => setTimeout(resume, 1));
    return shown;
  };
  return { line, network, opened, shown, followed, heard, until };
}

async function packed(): Promise<Store> {
  const store = inMemory();
  await store.put("pack", "pack", await pack([[bob, person("Bob", 2)]]));
  return store;
}

test("cards are answered one after the other, and one that waited is not forgotten", async () => {
  const { line, until, heard } = await at(await packed());
  line.take(bob.text);
  line.take(bob.text);
  expect(await until(2)).toEqual(["ok", "ok"]);
  expect(heard).toEqual(["ok", "ok"]);
});

// scenario: checkin-61
test("an undo that cannot be kept is told, and the next card has its turn", async () => {
  const store = await packed();
  const { line, opened, until, heard } = await at({
    ...store,
    put: async (box, ...rest) => (box === "queue" ? Promise.reject(new Error("full")) : store.put(box, ...rest)),
  });
  line.take(bob.text);
  await until(1);
  opened.desk.choose("offline");
  const [done] = opened.desk.state.done;
  if (done) line.undo(done);
  expect(await until(2)).toEqual(["ok", "trouble"]);
  opened.desk.choose("online");
  line.take(bob.text);
  expect(await until(3)).toEqual(["ok", "trouble", "ok"]);
  expect(heard).toEqual(["ok", null, "ok"]);
});

// scenario: checkin-57
test("an early leave that fails stops nobody", async () => {
  const { line, network, followed, until } = await at(await packed());
  const session = { id: CHOIR, title: "", title_en: "", place: "", place_en: "", ends_at: "2026-11-26T03:00:00Z" };
  network.answers["/api/v1/scans"] = { status: 201, body: { ...accepted("Bob", 2), session, attendance_id: "a" } };
  line.take(bob.text);
  await until(1);
  Object.defineProperty(network.answers, "/api/v1/attendances/a/left-early", {
    get: () => {
      throw new Error("odd");
    },
  });
  followed[0]?.leaveEarly?.("the bus");
  expect(await until(2)).toEqual(["ok", "trouble"]);
  line.take(bob.text);
  expect(await until(3)).toEqual(["ok", "trouble", "ok"]);
});

test("a page whose desk does not open says so to every card", async () => {
  const opening = Promise.reject(new Error("odd"));
  const { line, until } = await at(inMemory(), opening);
  line.take(bob.text);
  line.take(bob.text);
  expect(await until(2)).toEqual(["trouble", "trouble"]);
});

// scenario: checkin-76
test.each([
  ["there is no database", new Error("private window")],
  ["what it kept cannot be read", { ...inMemory(), all: () => Promise.reject(new Error("another key")) }],
])("a desk starts with an empty memory where %s, takes cards and says that it keeps nothing", async (_, store) => {
  const { line, opened, until } = await at(store);
  expect(opened.isKept).toBe(false);
  line.take(bob.text);
  expect(await until(1)).toEqual(["ok"]);
});

test("after a stop the desk is ready, unless the answer was on its way", async () => {
  const { line, network, opened, until } = await at(await packed());
  opened.desk.choose("online");
  network.isCut = true;
  line.take(bob.text);
  await until(1);
  line.stop();
  expect((await until(2)).slice(0, 2)).toEqual(["cut", "ready"]);
});
