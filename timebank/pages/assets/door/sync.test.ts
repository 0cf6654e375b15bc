import { expect, test } from "vitest";
import { inMemory } from "./box";
import { CHOIR, pack, person } from "./given";
import { at, bob } from "./given_desk";

// scenario: checkin-81
test("an upload that breaks off is sent again as it is, without duplicates", async () => {
  const { network, queue, scan, desk, store } = await at({ choice: "offline" });
  for (const nonce of ["n1", "n2", "n3"]) await scan(nonce);
  network.losing = 1;
  expect(await desk.upload()).toBe(false);
  expect(queue.waiting().length).toBe(3);
  const later = await at({ store });
  later.network.uploaded = network.uploaded;
  expect(await later.desk.upload()).toBe(true);
  expect(later.network.uploaded.map((item) => item.nonce)).toEqual(["n1", "n2", "n3"]);
  expect(later.queue.waiting()).toEqual([]);
});

test("how many scans were sent stands there until the next one is made", async () => {
  const { network, scan, desk } = await at({ choice: "offline" });
  for (const nonce of ["n1", "n2", "n3"]) await scan(nonce);
  network.most = 1;
  await desk.upload();
  expect(desk.state.sent).toBe(3);
  await desk.upload();
  expect(desk.state.sent).toBe(3);
  await scan("n4");
  expect(desk.state.sent).toBe(0);
  await desk.upload();
  expect(desk.state.sent).toBe(1);
});

// scenario: checkin-81
test("a batch that is too large is halved until it goes through", async () => {
  const { network, queue, scan, desk } = await at({ choice: "offline" });
  for (let nth = 0; nth < 5; nth++) await scan(`n${nth}`);
  network.most = 2;
  expect(await desk.upload()).toBe(true);
  expect([network.uploaded.length, queue.waiting().length]).toEqual([5, 0]);
});

// scenario: checkin-81
test("what the server falls over is asked once in a contact, and what comes after it goes through", async () => {
  const { network, queue, scan, desk } = await at({ choice: "offline" });
  for (const nonce of ["n1", "n2", "n3"]) await scan(nonce);
  network.falls = ["n1"];
  network.most = 1;
  expect(await desk.upload()).toBe(true);
  expect(network.asked.filter((one) => one.path === "/api/v1/scans/uploads").length).toBe(5);
  expect(queue.kept().map((kept) => [kept.item.nonce, kept.failed])).toEqual([["n1", true]]);
  network.falls = [];
  expect(await desk.upload()).toBe(true);
  expect(queue.waiting()).toEqual([]);
});

// scenario: checkin-82
test("half a character in a code does not keep the whole batch from being read", async () => {
  const { network, scan, desk } = await at({ choice: "offline" });
  await scan("n1", "no \ud83d code \ude00 \u{1f600}");
  await desk.upload();
  expect(network.uploaded).toMatchObject([{ nonce: "n1", code: "no \ufffd code \ufffd \u{1f600}" }]);
});

// scenario: checkin-82
test("refusals made offline are uploaded too, with the raw code", async () => {
  const { network, scan, desk } = await at({ choice: "offline" });
  expect((await scan("n1", "no code at all"))?.code).toBe("unknown_pass");
  await desk.upload();
  expect(network.uploaded).toMatchObject([{ nonce: "n1", reason: "unknown_pass", code: "no code at all" }]);
});

// scenario: checkin-86
test("a desk that was withdrawn forgets everybody and keeps what it had not sent", async () => {
  const { network, scan, desk, queue, store } = await at({ choice: "offline" });
  await scan("n1");
  network.answers["/api/v1/scans/uploads"] = { status: 403, body: { code: "desk_revoked", title: "Withdrawn.", detail: "" } };
  expect(await desk.upload()).toBe(false);
  expect(desk.state).toMatchObject({ isRevoked: true, pack: null, done: [], trouble: "Withdrawn." });
  expect([await store.all("pack"), await store.all("done")]).toEqual([[], []]);
  expect(queue.kept()).toMatchObject([{ item: { nonce: "n1", code: "" }, about: { number: 2, title: "合唱" } }]);
  expect((await scan("n2"))?.code).toBe("desk_revoked");
  expect(queue.waiting().length).toBe(1);
});

// scenario: checkin-86
test("a disk that fails keeps no withdrawn desk from forgetting on its screen", async () => {
  const store = { ...inMemory(), clear: () => Promise.reject(new Error("the disk")) };
  const { network, desk, scan } = await at({ store });
  network.answers["/api/v1/scans"] = { status: 403, body: { code: "desk_revoked", title: "Withdrawn.", detail: "" } };
  expect((await scan("n1"))?.code).toBe("desk_revoked");
  expect(desk.state).toMatchObject({ isRevoked: true, pack: null, done: [] });
});

test("a roster that the disk does not take is of use as long as the page is open", async () => {
  const store = { ...inMemory(), put: () => Promise.reject(new Error("full")) };
  const { network, desk, scan } = await at({ store });
  network.answers["/api/v1/desk/packs"] = { status: 200, body: await pack([[bob, person("Bob", 2)]]) };
  expect(await desk.prepare([CHOIR])).toBe(true);
  expect((await scan("n1"))?.code).toBe("ok");
});

// scenario: checkin-79
test("a queue goes up under its own name, and under another one stays where it is", async () => {
  const { network, scan, desk, queue } = await at({ choice: "offline" });
  await scan("n1");
  network.answers["/api/v1/scans/uploads"] = { status: 409, body: { code: "other_desk", title: "Another's.", detail: "" } };
  expect(await desk.upload()).toBe(false);
  expect(network.asked.at(-1)?.body.desk).toBe("d");
  expect([queue.waiting().length, desk.state.trouble]).toEqual([1, "Another's."]);
});

test("a roster that was packed for another name is not kept", async () => {
  const { network, desk, store } = await at({ store: inMemory() });
  network.answers["/api/v1/desk/packs"] = { status: 200, body: await pack([], { desk: { id: "other", name: "Side door" } }) };
  expect(await desk.prepare([CHOIR])).toBe(false);
  expect([await store.all("pack"), desk.state.pack, desk.state.trouble]).toEqual([[], null, "Another name."]);
});
