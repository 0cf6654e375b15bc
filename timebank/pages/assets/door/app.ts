// The desk as an app: it opens without a network, and what it keeps is not thrown away when the device runs full.

/** Installs the worker. A browser without one opens the page online only. */
export async function install(): Promise<void> {
  await navigator.storage?.persist?.().catch(() => false);
  const worker = await navigator.serviceWorker?.register("/desk-worker.js", { scope: "/desk" }).catch(() => undefined);
  if (worker) await keep().catch(() => undefined);
}

/** The page that is open was fetched before there was a worker to put it aside. */
async function keep(): Promise<void> {
  await navigator.serviceWorker.ready;
  await (await caches.open("desk-pages")).addAll(["/desk", location.pathname + location.search]);
}

/** Pages that the worker has put aside name this desk; one that was withdrawn keeps none. */
export async function forgetPages(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration("/desk");
  await registration?.unregister();
  if (!("caches" in globalThis)) return;
  for (const name of await caches.keys()) if (name.startsWith("desk-")) await caches.delete(name);
}
