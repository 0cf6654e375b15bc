import { expect, test } from "vitest";
import { inMemory } from "./box";
import { accepted, CHOIR, card, mark, NINE, pack, person, place, READING } from "./given";
import { at, bob, carol } from "./given_desk";
import { fill } from "./words";

// scenario: checkin-76
test("without a network a valid pass is let in, marked as offline and queued with its nonce and time", async () => {
  const { network, queue, scan } = await at();
  network.isCut = true;
  const answer = await scan("n1");
  expect(answer).toMatchObject({ code: "ok", name: "Bob", role_en: "Singer", is_offline: true, detail: "In since 09:00." });
  expect(queue.waiting()).toMatchObject([
    { nonce: "n1", code: bob.text, happened_at: "2026-11-26T01:00:00.000Z", skew_ms: 0, reason: "ok", session: CHOIR },
  ]);
});

// scenario: checkin-77
test("a second scan on the same desk while offline is already in, with the time and the desk", async () => {
  const { network, queue, scan, desk } = await at();
  network.isCut = true;
  await scan("n1");
  expect(await scan("n2")).toMatchObject({ code: "already_in", name: "Bob", detail: "Since 09:00 (Hall door)." });
  expect(queue.waiting().map((item) => item.reason)).toEqual(["ok", "already_in"]);
  expect(desk.state.done.length).toBe(1);
});

// scenario: checkin-77
test("without a network too the desk is named as the reader calls it", async () => {
  const { network, scan } = await at({ packed: { desk: { id: "d", name: "大厅签到台", name_en: "Hall desk" } } });
  network.isCut = true;
  await scan("n1");
  expect((await scan("n2"))?.detail).toBe("Since 09:00 (Hall desk).");
});

// scenario: checkin-77
test("another desk that is offline lets the same pass in: only the sync can tell", async () => {
  const [one, other] = [await at(), await at()];
  one.network.isCut = other.network.isCut = true;
  expect([(await one.scan("n1"))?.code, (await other.scan("n2"))?.code]).toEqual(["ok", "ok"]);
});

test("whom this desk let in while online is inside when the network goes", async () => {
  const { network, scan } = await at();
  await scan("n1");
  network.isCut = true;
  expect((await scan("n2"))?.code).toBe("already_in");
  expect((await scan("n3", bob.text, { direction: "out" }))?.title).toBe("Checked out");
});

// scenario: checkin-18
test("a scan whose answer was lost goes into the queue under its own nonce and counts once", async () => {
  const { network, queue, scan, desk } = await at();
  network.losing = 1;
  await network.call("GET", "/lost");
  network.losing = 1;
  expect(await scan("n1")).toMatchObject({ code: "ok", is_offline: true });
  expect(network.asked.at(-1)?.body.nonce).toBe("n1");
  expect(queue.waiting().map((item) => item.nonce)).toEqual(["n1"]);
  expect(await desk.upload()).toBe(true);
  expect(network.uploaded.length).toBe(1);
});

// scenario: checkin-13
test("online an answer that does not come is asked for again under the same nonce, and offline by hand asks nobody", async () => {
  const { network, scan } = await at({ choice: "online" });
  network.losing = 3;
  expect((await scan("n1"))?.code).toBe("ok");
  expect(network.asked.map((one) => one.body.nonce)).toEqual(["n1", "n1", "n1", "n1"]);
  const other = await at({ choice: "offline" });
  expect((await other.scan("n2"))?.is_offline).toBe(true);
  expect(other.network.asked).toEqual([]);
});

test("what was stopped is neither shown nor queued", async () => {
  const { network, queue, scan } = await at({ choice: "online" });
  network.isCut = true;
  let asked = 0;
  expect(await scan("n1", bob.text, {}, () => asked++ > 1)).toBeNull();
  expect(queue.waiting()).toEqual([]);
});

// scenario: checkin-18
test("an answer that arrives after the stop is shown and kept: the person is in", async () => {
  const { network, desk, scan } = await at();
  expect(await scan("n1", bob.text, {}, () => network.asked.length > 0)).toMatchObject({ code: "ok", name: "Bob" });
  expect(desk.state.done.map((done) => done.nonce)).toEqual(["n1"]);
  const sent = { activities: [], sessions: [CHOIR], code: "", direction: "in" as const, nonce: "n2", happened_at: "" };
  const isStopped = () => network.asked.length > 1;
  expect((await desk.send("/api/v1/check-ins/by-name", { nonce: "n2" }, sent, () => undefined, isStopped))?.code).toBe("ok");
  expect(desk.state.done.map((done) => done.nonce)).toEqual(["n1", "n2"]);
});

// scenario: checkin-86
test("that the desk was withdrawn is heard in any answer: after a stop, and to an undo", async () => {
  const withdrawn = { status: 403, body: { code: "desk_revoked", title: "Withdrawn.", detail: "" } };
  const one = await at();
  one.network.answers["/api/v1/scans"] = withdrawn;
  await one.scan("n1", bob.text, {}, () => one.network.asked.length > 0);
  const other = await at();
  await other.scan("n1");
  other.network.answers["/api/v1/scans/undo"] = withdrawn;
  const [done] = other.desk.state.done;
  expect(done && (await other.desk.undo(done)).code).toBe("desk_revoked");
  for (const { desk, store } of [one, other]) {
    expect(desk.state).toMatchObject({ isRevoked: true, pack: null, done: [] });
    expect([await store.all("pack"), await store.all("done")]).toEqual([[], []]);
  }
});

test("a scan says who was signed in when it was made, and none where nobody was", async () => {
  for (const [operator, named] of [
    ["alice", ["alice", "alice"]],
    [null, [undefined, undefined]],
  ] as const) {
    const { scan, queue, desk } = await at({ choice: "offline", operator });
    await scan("n1");
    const [done] = desk.state.done;
    if (done) await desk.undo(done);
    expect(queue.waiting().map((item) => item.operator)).toEqual(named);
  }
});

// scenario: checkin-47
test("a clock three hours fast decides nothing: offline scans are judged and sent with the last known skew", async () => {
  const fast = 3 * 3_600_000;
  const { queue, scan } = await at({ choice: "offline", fast });
  expect(await scan("n1")).toMatchObject({ code: "ok", detail: "In since 09:00." });
  expect(queue.waiting()).toMatchObject([{ happened_at: "2026-11-26T04:00:00.000Z", skew_ms: fast }]);
});

// scenario: checkin-68
test("a replaced pass is revoked offline too", async () => {
  const { scan } = await at({ choice: "offline", packed: { revoked: [await mark(carol)] } });
  expect((await scan("n1", carol.text))?.code).toBe("revoked");
});

test("a stranger's genuine pass is not signed up here, where the roster holds all sessions served", async () => {
  const { scan } = await at({ choice: "offline" });
  expect((await scan("n1", carol.text))?.code).toBe("not_signed_up_here");
  expect((await scan("n2", carol.text, { sessions: [CHOIR, "another"] }))?.code).toBe("unjudged");
});

test("a typed code cannot be judged here: it is noted, looks like no admission and names nobody", async () => {
  const { scan, queue, desk } = await at({ choice: "offline" });
  const answer = await scan("n1", "TPEC622W");
  expect(answer).toMatchObject({ code: "unjudged", title: "Noted" });
  expect(answer?.name).toBeUndefined();
  expect(queue.waiting()).toMatchObject([{ reason: "unjudged" }]);
  expect(desk.state.done).toEqual([]);
});

test("a desk without a roster notes cards and lets nobody in", async () => {
  const { scan, queue } = await at({ choice: "offline", store: inMemory() });
  expect((await scan("n1"))?.code).toBe("unjudged");
  expect(queue.waiting().length).toBe(1);
});

// scenario: checkin-67
test("a card that another key signed is a bad signature offline too", async () => {
  const { scan } = await at({ choice: "offline" });
  expect((await scan("n1", card(2, new Uint8Array(32).fill(1)).text))?.code).toBe("bad_signature");
});

// scenario: checkin-8
test("a pass for two sessions asks which, and the choice is let in", async () => {
  const store = inMemory();
  const two = person("Bob", 2, { places: [place(CHOIR), place(READING)] });
  await store.put("pack", "pack", await pack([[bob, two]]));
  const { scan } = await at({ choice: "offline", store });
  expect((await scan("n1"))?.choices?.map((one) => one.id)).toEqual([CHOIR, READING]);
  expect(await scan("n2", bob.text, { session: READING })).toMatchObject({ code: "ok", session: { id: READING } });
});

// scenario: checkin-32
test("questions are asked offline in their words, and the scan with answers is let in", async () => {
  const store = inMemory();
  const asked = { id: "briefing:1", kind: "acknowledge" as const, text: "知道", text_en: "I know" };
  const packed = await pack([
    [bob, person("Bob", 2, { places: [place(CHOIR, { questions: [{ id: "briefing:1", kind: "acknowledge" }] })] })],
  ]);
  for (const session of packed.sessions) session.questions = [asked];
  await store.put("pack", "pack", packed);
  const { scan, queue } = await at({ choice: "offline", store });
  expect(await scan("n1")).toMatchObject({ code: "incomplete", questions: [asked] });
  expect((await scan("n2", bob.text, { answers: { "briefing:1": true } }))?.code).toBe("ok");
  expect(queue.waiting().at(-1)?.answers).toEqual({ "briefing:1": true });
});

// scenario: checkin-61
test("an undo takes the scan back here at once and goes with the next upload, even before the scan itself", async () => {
  const { network, scan, desk } = await at({ choice: "offline" });
  await scan("n1");
  const [done] = desk.state.done;
  expect(done && (await desk.undo(done)).code).toBe("annulled");
  expect((await scan("n2"))?.code).toBe("ok");
  await desk.upload();
  expect(network.uploaded).toMatchObject([{ nonce: "n1" }, { undoes: "n1" }, { nonce: "n2", reason: "ok" }]);
});

// scenario: checkin-61
test("an undo without a network takes back what the roster knows already, until a roster knows of the undo", async () => {
  const { network, scan, desk, clock } = await at();
  await scan("n1");
  const inside = person("Bob", 2, {
    places: [place(CHOIR, { entries: 1 })],
    inside: { session: CHOIR, closes_at: "2026-11-26T03:00:00Z" },
  });
  const packed = async (made_at: string) => ({ status: 200, body: await pack([[bob, inside]], { made_at }) });
  network.answers["/api/v1/desk/packs"] = await packed("2026-11-26T01:02:00Z");
  await desk.prepare([CHOIR]);
  clock.now = NINE + 3 * 60_000;
  desk.choose("offline");
  expect((await scan("n2"))?.code).toBe("already_in");
  const [done] = desk.state.done;
  if (done) await desk.undo(done);
  expect((await scan("n3"))?.code).toBe("ok");
  const [, again] = desk.state.done;
  if (again) await desk.undo(again);
  await desk.upload();
  expect((await scan("n4"))?.code).toBe("ok");
  const [, , last] = desk.state.done;
  if (last) await desk.undo(last);
  // Somebody else's desk has let Bob in meanwhile.
  network.answers["/api/v1/desk/packs"] = await packed("2026-11-26T01:10:00Z");
  await desk.prepare([CHOIR]);
  expect((await scan("n5"))?.code).toBe("already_in");
});

// scenario: checkin-61
test("online an undo is asked for at once, and one that is too late is told so", async () => {
  const { network, scan, desk } = await at();
  await scan("n1");
  network.answers["/api/v1/scans/undo"] = { status: 409, body: { code: "undo_too_late", title: "Too late.", detail: "" } };
  const [done] = desk.state.done;
  expect(done && (await desk.undo(done)).title).toBe("Too late.");
  expect(desk.state.done[0]?.is_undone).toBe(false);
});

// scenario: checkin-85
test("two errors take the desk offline within one scan, and the next answer brings it back", async () => {
  const { network, scan, desk } = await at();
  network.isCut = true;
  expect((await scan("n1"))?.is_offline).toBe(true);
  expect(desk.state.connection.fell).not.toBeNull();
  network.isCut = false;
  expect(await desk.upload()).toBe(true);
  expect(desk.state.connection.fell).toBeNull();
  expect((await scan("n2"))?.is_offline).toBeUndefined();
});

test("sentences are filled with facts, and what is not known stays readable", () => {
  expect(fill("Opens at {time}.", { time: "09:00" })).toBe("Opens at 09:00.");
  expect(fill("{time}", {})).toBe("{time}");
});

// scenario: checkin-92
test("offline the roster's operator overrules; after the sign-out nobody does, and nothing of it is queued", async () => {
  const full = person("Bob", 2, { places: [place(CHOIR, { state: "requested" })] });
  const packed = await pack([[bob, full]]);
  const override = { reason: "A chair is free" };
  for (const [operator, code, queued] of [
    ["alice", "ok", ["not_approved", "ok"]],
    [null, "not_allowed", ["not_approved"]],
    ["dan", "not_allowed", ["not_approved"]],
  ] as const) {
    const store = inMemory();
    await store.put("pack", "pack", packed);
    const { scan, queue, desk } = await at({ choice: "offline", store, operator });
    expect((await scan("n1"))?.code).toBe("not_approved");
    expect((await scan("n2", bob.text, { override }))?.code).toBe(code);
    expect(queue.waiting().map((item) => item.reason)).toEqual(queued);
    expect(desk.mayOverrule()).toBe(code === "ok");
  }
});

// scenario: checkin-61
test("without a network an undo that leaves the person as far out as before says so", async () => {
  const { network, scan, desk } = await at();
  network.isCut = true;
  await scan("n1");
  await scan("n2", bob.text, { direction: "out" });
  await scan("n3", bob.text, { direction: "out" });
  const [came, , again] = desk.state.done;
  expect(again && (await desk.undo(again)).is_unchanged).toBe(true);
  expect(came && (await desk.undo(came)).is_unchanged).toBe(false);
});

test("without a network who is not on the list can be written down, and a code that was typed wrong is told as such", async () => {
  const { network, scan, queue } = await at();
  network.isCut = true;
  expect(await scan("n1", carol.text)).toMatchObject({ code: "not_signed_up_here", detail: "Write down the name." });
  expect(await queue.remark("n1", "Carol")).toBe(true);
  expect(queue.waiting()[0]?.remark).toBe("Carol");
  expect(await scan("n2", "12-34")).toMatchObject({ code: "unknown_pass", title: "Eight characters, 4 typed." });
  expect(await scan("n3", "12345678")).toMatchObject({ code: "unknown_pass", title: "No such card.", detail: "Compare it." });
});

test("a roster that the build before had put aside tells how many people it knows, and is no reason to turn anybody away", async () => {
  const now = await pack([[bob, person("Bob", 2)]]);
  const then = now.sessions.map(({ signed_up, ...session }) => ({ ...session, expected: signed_up }));
  const store = inMemory();
  await store.put("pack", "pack", { ...now, sessions: then, operator: undefined });
  const { desk, scan } = await at({ store, choice: "offline" });
  expect(desk.state.pack?.sessions.map((session) => session.signed_up)).toEqual([2, 2]);
  expect(await scan("n1")).toMatchObject({ code: "ok", name: "Bob" });
  expect(desk.mayOverrule()).toBe(false);
  await store.put("pack", "pack", { ...now, sessions: then.map(({ expected: _, ...session }) => session) });
  expect((await at({ store })).desk.state.pack?.sessions[0]?.signed_up).toBe(0);
});

// scenario: checkin-11
test("the note of the activity is shown on the way in only", async () => {
  const packed = await pack([[bob, person("Bob", 2, { places: [place(CHOIR, { note: "Badges in the box" })] })]]);
  const store = inMemory();
  await store.put("pack", "pack", packed);
  const { scan } = await at({ choice: "offline", store });
  expect((await scan("n1"))?.notes).toEqual(["Badges in the box"]);
  expect((await scan("n2", bob.text, { direction: "out" }))?.notes).toEqual([]);
});

test("a way out after the way out is listed at its own time", async () => {
  const { network, scan, desk, clock } = await at();
  const told = { ...accepted("Bob", 2), was_out: true };
  network.answers["/api/v1/scans"] = { status: 201, body: told };
  clock.now += 600_000;
  await scan("n1", bob.text, { direction: "out" });
  expect(desk.state.done[0]?.at).toBe("2026-11-26T01:10:00.000Z");
});

// scenario: checkin-86
test("of what could only be noted no session is named that nobody chose", async () => {
  const { scan, queue } = await at({ choice: "offline" });
  await scan("n1", "ACEF-234A", { sessions: [CHOIR, READING] });
  await scan("n2", "ACEF-234A", { sessions: [CHOIR] });
  expect(queue.kept().map((kept) => [kept.item.reason, kept.about?.title])).toEqual([
    ["unjudged", ""],
    ["unjudged", "合唱"],
  ]);
});
