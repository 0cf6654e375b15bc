// Opens the desk's pages without a network: the network first, what was put aside where it does not answer. It keeps pages and files of
// one build, never an answer of the API. The first line of what is served names the build and its files (pages/door/desk_app.py).

declare const BUILD: { version: string; files: string[] };

interface Lasting extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching extends Lasting {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Worker {
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  addEventListener(type: "install" | "activate", listener: (event: Lasting) => void): void;
  addEventListener(type: "fetch", listener: (event: Fetching) => void): void;
}

const worker = self as unknown as Worker;
const FILES = `desk-files-${BUILD.version}`;
const PAGES = "desk-pages";
const PATIENCE = 4000;
const GENERATIONS = 2;
/** Pages differ by cookie and language; what was put aside is of this very browser. */
const HOWEVER = { ignoreVary: true };

worker.addEventListener("install", (event) => {
  const all = async () => (await caches.open(FILES)).addAll(BUILD.files.map((file) => new Request(file, { cache: "reload" })));
  event.waitUntil(all().then(() => worker.skipWaiting()));
});

// A page that is open still asks for parts of the build before: its files stay one generation longer.
worker.addEventListener("activate", (event) => {
  const tidy = async () => {
    const builds = (await caches.keys()).filter((name) => name.startsWith("desk-files-"));
    for (const old of builds.slice(0, -GENERATIONS)) await caches.delete(old);
    await worker.clients.claim();
  };
  event.waitUntil(tidy());
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate" && (pathname === "/desk" || pathname === "/desk/scan")) event.respondWith(page(request));
  else if (pathname.startsWith("/static/")) event.respondWith(file(request));
});

async function page(request: Request): Promise<Response> {
  const answer = await soon(request);
  const pages = await caches.open(PAGES);
  if (answer?.ok) await pages.put(request, answer.clone());
  return answer ?? (await pages.match(request, HOWEVER)) ?? (await lastScanned(pages, request.url)) ?? Response.error();
}

/** Where that very page was never opened, the one that was scanned at last: the desk is prepared for its sessions. */
async function lastScanned(pages: Cache, asked: string): Promise<Response | undefined> {
  const scanning = (await pages.keys())
    .map((kept) => kept.url)
    .filter((url) => new URL(url).pathname === "/desk/scan" && url !== asked);
  const last = scanning.at(-1);
  return last ? Response.redirect(last) : undefined;
}

async function file(request: Request): Promise<Response> {
  return (await soon(request)) ?? (await caches.match(request, HOWEVER)) ?? Response.error();
}

/** Null where the server gives no answer soon; one that says it is busy is none. */
async function soon(request: Request): Promise<Response | null> {
  const giveUp = new Promise<null>((resolve) => setTimeout(resolve, PATIENCE, null));
  const answer = await Promise.race([fetch(request).catch(() => null), giveUp]);
  return answer && answer.status < 500 ? answer : null;
}
