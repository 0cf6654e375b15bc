// Asking the server without ever leaving the page: a kiosk that lost its network must not end on the browser's own error page.

const PATIENCE = 12_000;
const SETTLED = /data-settled="([^"]+)"/;

/** A page the server drew; `wait` is the seconds it asks to wait before the same request is sent again, `settled` the key of an exchange
 * that this page tells the outcome of. */
export interface Page {
  kind: "page";
  html: string;
  wait: number | null;
  status: number;
  settled: string | null;
}

/** Nothing that could be read came back: the request may or may not have been carried out. */
export interface Silence {
  kind: "silence";
}

/** Sends a form or follows a link. A page that says 503 carries its Retry-After. */
export async function ask(url: string, body?: URLSearchParams): Promise<Page | Silence> {
  try {
    const answer = await fetch(url, {
      method: body ? "POST" : "GET",
      ...(body ? { body } : {}),
      headers: { accept: "text/html" },
      signal: AbortSignal.timeout(PATIENCE),
    });
    const html = await answer.text();
    if (!answer.headers.get("content-type")?.startsWith("text/html") || [502, 504].includes(answer.status))
      return { kind: "silence" };
    // Where a form led on to another page it has been carried out: that page may be busy, the form is not to be called undone.
    const asksToWait = answer.status === 503 && !(body && answer.redirected);
    const wait = asksToWait ? Number(answer.headers.get("retry-after") ?? 2) || 2 : null;
    return { kind: "page", html, wait, status: answer.status, settled: SETTLED.exec(html)?.[1] ?? null };
  } catch {
    return { kind: "silence" };
  }
}

/** What became of a key: "unknown" is not failed, "unpaired" a server that does not know this kiosk any more, null nothing learned. */
export type Known = "done" | "refused" | "unknown" | "unpaired" | null;

/** Asks what became of a key, or gives it up. */
export async function state(key: string, act: "ask" | "abandon"): Promise<Known> {
  const path = `/api/v1/redemptions/by-key/${encodeURIComponent(key)}`;
  try {
    const answer = await fetch(act === "abandon" ? `${path}/abandon` : path, {
      method: act === "abandon" ? "POST" : "GET",
      headers: { accept: "application/json" },
      signal: AbortSignal.timeout(PATIENCE),
    });
    if ([401, 403].includes(answer.status)) return "unpaired";
    if (!answer.ok) return null;
    const found: { state?: unknown } = await answer.json();
    return found.state === "done" || found.state === "refused" || found.state === "unknown" ? found.state : null;
  } catch {
    return null;
  }
}

export function pause(seconds: number): Promise<void> {
  return new Promise((resume) => setTimeout(resume, seconds * 1000));
}
