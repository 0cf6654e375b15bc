import { afterEach, expect, test, vi } from "vitest";
import { caller } from "./server";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function answering(...them: (Response | Error)[]) {
  vi.stubGlobal("fetch", () => {
    const next = them.shift();
    return next instanceof Response ? Promise.resolve(next) : Promise.reject(next);
  });
  const heard = { went: [] as boolean[], skew: [] as number[] };
  const call = caller({ went: (well) => heard.went.push(well), skew: (skew) => heard.skew.push(skew) });
  return { heard, call: () => call<{ code: string }>("POST", "/api/v1/scans", {}) };
}

test("a refusal is an answer; no network, a busy server and somebody else's page are none", async () => {
  const { heard, call } = answering(
    Response.json({ code: "already_in" }, { status: 409 }),
    new TypeError("cut"),
    new Response("", { status: 503 }),
    new Response("<h1>Sign in to this network</h1>", { status: 200 }),
  );
  expect((await call())?.body.code).toBe("already_in");
  expect([await call(), await call(), await call()]).toEqual([null, null, null]);
  expect(heard.went).toEqual([true, false, false, false]);
});

// scenario: checkin-47
test("the clock is measured at each contact that tells the server's", async () => {
  vi.useFakeTimers({ now: Date.parse("2026-11-26T04:00:00Z") });
  const headers = { "timebank-now": "2026-11-26T01:00:00.000Z" };
  const { heard, call } = answering(Response.json({ code: "ok" }, { headers }), Response.json({ code: "ok" }));
  await call();
  await call();
  expect(heard.skew).toEqual([3 * 3_600_000]);
});

test("who gives no answer is given up after four seconds: somebody stands at the door", async () => {
  vi.useFakeTimers();
  const heard: boolean[] = [];
  vi.stubGlobal("fetch", (_: string, request: { signal: AbortSignal }) => {
    return new Promise((_resolve, reject) => request.signal.addEventListener("abort", () => reject(new Error("given up"))));
  });
  const answer = caller({ went: (well) => heard.push(well), skew: () => undefined })("POST", "/api/v1/scans", {});
  await vi.advanceTimersByTimeAsync(4000);
  expect(await answer).toBeNull();
  expect(heard).toEqual([false]);
});
