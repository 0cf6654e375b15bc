// Stands between the pass's page and the network: with none, or one that hangs, the page comes from the cache.
// Whoever is signed out, because a sign-in has run out, still gets the page: the pass is good by itself.

export {};

interface FetchEvent extends Event {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Worker {
  location: Location;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  addEventListener(name: "install" | "activate", heard: (event: { waitUntil(work: Promise<unknown>): void }) => void): void;
  addEventListener(name: "fetch", heard: (event: FetchEvent) => void): void;
}

const CACHE = "timebank-pass";
const PAGE = "/me/pass";
const PATIENCE = 3000;
const CUT_FOR = 20_000;
const worker = self as unknown as Worker;
let cutAt = 0;

worker.addEventListener("install", (event) => event.waitUntil(worker.skipWaiting()));
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== worker.location.origin) return;
  if (event.request.mode === "navigate" && pathname === PAGE) event.respondWith(answer(event.request, PAGE));
  else if (pathname.startsWith("/static/")) event.respondWith(answer(event.request, pathname));
});

/** From the network where that answers in time, else from the cache. */
async function answer(request: Request, path: string): Promise<Response> {
  const kept = await caches.match(path, { cacheName: CACHE, ignoreVary: true });
  // The page has waited for the network already: its script and style do not wait again.
  if (kept && Date.now() - cutAt < CUT_FOR && request.mode !== "navigate") return kept;
  const asked = ask(request, path);
  if (!kept) return asked;
  const fresh = await Promise.race([asked.catch(() => null), late()]);
  if (fresh?.ok) return fresh;
  if (fresh === null) cutAt = Date.now();
  return kept;
}

async function ask(request: Request, path: string): Promise<Response> {
  const fresh = await fetch(request);
  // What was forgotten meanwhile stays forgotten: only a cache that is there is brought up to date.
  if (fresh.ok && !fresh.redirected && (await caches.has(CACHE))) await (await caches.open(CACHE)).put(path, fresh.clone());
  return fresh;
}

function late(): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), PATIENCE));
}
