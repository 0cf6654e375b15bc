// Calls to the server. Every call tells how it went and what the server's clock says; none is repeated here.
import { skew } from "./clock";

export interface Reply<T = unknown> {
  status: number;
  body: T;
}

/** What is told after each call. */
interface Hears {
  went(well: boolean): void;
  skew(milliseconds: number): void;
}

export type Call = <T>(method: "GET" | "POST", path: string, body?: unknown, key?: string) => Promise<Reply<T> | null>;

const BUSY = [500, 502, 503, 504];
/** For a scan: somebody stands there. Packing a roster and taking over a queue are more work. */
const PATIENCE = 4000;
const PATIENCE_WITH: Record<string, number> = { "/api/v1/desk/packs": 20_000, "/api/v1/scans/uploads": 60_000 };

/** Null where the server could not be reached, is busy, or somebody else answered in its place: nothing is known. */
export function caller(hears: Hears): Call {
  return async <T>(method: "GET" | "POST", path: string, body?: unknown, key?: string) => {
    const asked = Date.now();
    const answer = await ask(method, path, body, key).catch(() => null);
    const found = answer && !BUSY.includes(answer.status) ? await read<T>(answer) : null;
    const measured = skew(asked, Date.now(), answer?.headers.get("timebank-now") ?? null);
    if (measured !== null) hears.skew(measured);
    hears.went(found !== null);
    return found;
  };
}

async function ask(method: string, path: string, body: unknown, key?: string): Promise<Response> {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), PATIENCE_WITH[path] ?? PATIENCE);
  const headers: Record<string, string> = { accept: "application/json" };
  if (key) headers["idempotency-key"] = key;
  if (body !== undefined) headers["content-type"] = "application/json";
  try {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    return await fetch(path, { method, headers, signal: giveUp.signal, ...sent });
  } finally {
    clearTimeout(timer);
  }
}

/** A page for signing in to a foreign network is no answer. */
async function read<T>(answer: Response): Promise<Reply<T> | null> {
  try {
    return { status: answer.status, body: (await answer.json()) as T };
  } catch {
    return null;
  }
}
