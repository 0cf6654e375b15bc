import { afterEach, expect, test, vi } from "vitest";
import { nonce, type Scan, send } from "./sender";

const scan: Scan = { activities: ["a"], code: "c", direction: "in", nonce: "n-1", happened_at: "2026-11-26T01:00:00Z" };

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function answers(...them: (Response | Error)[]): string[] {
  const sent: string[] = [];
  vi.stubGlobal("fetch", (_url: string, request: { body: string }) => {
    sent.push(JSON.parse(request.body).nonce);
    const next = them.shift();
    return next instanceof Response ? Promise.resolve(next) : Promise.reject(next);
  });
  return sent;
}

test("a scan without an answer is sent again under its own nonce", async () => {
  vi.useFakeTimers();
  const sent = answers(new TypeError("cut"), new Response("", { status: 503 }), Response.json({ code: "ok" }, { status: 201 }));
  let cuts = 0;
  const answer = send(
    scan,
    () => cuts++,
    () => false,
  );
  await vi.advanceTimersByTimeAsync(5000);
  expect((await answer)?.code).toBe("ok");
  expect(sent).toEqual(["n-1", "n-1", "n-1"]);
  expect(cuts).toBe(2);
});

test("a refusal is an answer and is not sent again", async () => {
  const sent = answers(Response.json({ code: "already_in" }, { status: 409 }));
  expect(
    (
      await send(
        scan,
        () => {},
        () => false,
      )
    )?.code,
  ).toBe("already_in");
  expect(sent.length).toBe(1);
});

test("what was stopped shows nothing that comes later", async () => {
  vi.useFakeTimers();
  answers(new TypeError("cut"), Response.json({ code: "ok" }));
  let stopped = false;
  const answer = send(
    scan,
    () => {},
    () => stopped,
  );
  stopped = true;
  await vi.advanceTimersByTimeAsync(5000);
  expect(await answer).toBeNull();
});

test("no two scans have one nonce", () => {
  expect(new Set(Array.from({ length: 100 }, nonce)).size).toBe(100);
});
