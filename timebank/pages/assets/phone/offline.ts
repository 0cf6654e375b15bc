// What the pass needs to be shown with no network: its page, script and style lie in the browser's cache, and a worker serves them.

export const CACHE = "timebank-pass";

/** Registers the worker and puts everything this page has loaded in the cache. Quietly nothing where the browser cannot. */
export async function keepPage(worker: string, scope: string): Promise<void> {
  if (!("serviceWorker" in navigator) || !("caches" in window)) return;
  await navigator.serviceWorker.register(worker, { scope });
  // A worker that is in charge keeps up to date whatever passes through it.
  if (navigator.serviceWorker.controller && (await caches.match(scope, { cacheName: CACHE, ignoreVary: true }))) return;
  const cache = await caches.open(CACHE);
  await Promise.all([scope, ...parts()].map((path) => keep(cache, path)));
  // Without it a browser may clear the key away when the phone runs full.
  await navigator.storage?.persist?.();
}

async function keep(cache: Cache, path: string): Promise<void> {
  const answer = await fetch(path, { headers: { accept: "text/html, */*" } });
  if (answer.ok && !answer.redirected) await cache.put(path, answer);
}

function parts(): string[] {
  const loaded = performance.getEntriesByType("resource").map((entry) => new URL(entry.name));
  const named = [...document.querySelectorAll<HTMLLinkElement | HTMLScriptElement>("link[href], script[src]")].map(
    (element) => new URL("href" in element ? element.href : element.src),
  );
  const own = [...loaded, ...named].filter((url) => url.origin === location.origin);
  return [...new Set(own.map((url) => url.pathname))].filter(
    (path) => path.startsWith("/static/") || path.endsWith(".webmanifest"),
  );
}

/** This phone is no pass any more: the page is not shown without a network either. */
export async function dropPage(scope: string): Promise<void> {
  if ("caches" in window) await caches.delete(CACHE);
  const worker = await navigator.serviceWorker?.getRegistration(scope);
  await worker?.unregister();
}
