import { afterEach, expect, test, vi } from "vitest";
import { inBrowser } from "./store";

afterEach(() => vi.unstubAllGlobals());

/** A browser's database that answers an opening with this event alone. */
function answering(event: "onblocked" | "onsuccess" | "onerror", database: object = {}) {
  const open = () => {
    const request = { result: database, error: new Error("no") } as unknown as IDBOpenDBRequest;
    queueMicrotask(() => request[event]?.({} as never));
    return request;
  };
  vi.stubGlobal("indexedDB", { open });
}

test("a window of an earlier build that holds the database keeps nobody waiting", async () => {
  answering("onblocked");
  await expect(inBrowser("d")).rejects.toThrow();
});

test("a window that is open makes way for a newer build", async () => {
  const close = vi.fn();
  const database: { onversionchange?: () => void; close: () => void } = { close };
  answering("onsuccess", database);
  await inBrowser("d").catch(() => undefined);
  database.onversionchange?.();
  expect(close).toHaveBeenCalledOnce();
});
