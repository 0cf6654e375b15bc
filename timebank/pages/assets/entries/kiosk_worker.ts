// Starts the kiosk without a network: the network first, and where it does not answer the shell, which says so and asks again. It keeps
// the shell and files of one build; never a page of a person, never an answer of the API. The first line of what is served names the
// build and its files (pages/rewards/kiosk_app.py).

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
const SHELL = "/kiosk/shell";
const FILES = `kiosk-files-${BUILD.version}`;
const PATIENCE = 4000;

worker.addEventListener("install", (event) => {
  const all = [SHELL, ...BUILD.files].map((file) => new Request(file, { cache: "reload" }));
  event.waitUntil(
    caches
      .open(FILES)
      .then((files) => files.addAll(all))
      .then(() => worker.skipWaiting()),
  );
});

worker.addEventListener("activate", (event) => {
  const tidy = async () => {
    for (const name of await caches.keys()) if (name.startsWith("kiosk-files-") && name !== FILES) await caches.delete(name);
    await worker.clients.claim();
  };
  event.waitUntil(tidy());
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(soon(request).then((answer) => answer ?? kept(SHELL)));
  else if (pathname.startsWith("/static/")) event.respondWith(soon(request).then((answer) => answer ?? kept(request)));
});

async function kept(asked: Request | string): Promise<Response> {
  return (await caches.match(asked, { ignoreVary: true })) ?? Response.error();
}

/** Null where the server gives no answer soon; one that says it is busy is none. */
async function soon(request: Request): Promise<Response | null> {
  const giveUp = new Promise<null>((resolve) => setTimeout(resolve, PATIENCE, null));
  const answer = await Promise.race([fetch(request).catch(() => null), giveUp]);
  return answer && answer.status < 500 ? answer : null;
}

export {};
