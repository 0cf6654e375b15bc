// The desk as an app: it opens without a network, and what it keeps is not thrown away when the device runs full.

/** Installs the worker. A browser without one opens the page online only. */
export async function install(): Promise<void> {
  await navigator.storage?.persist?.().catch(() => false);
  await navigator.serviceWorker?.register("/desk-worker.js", { scope: "/desk" }).catch(() => undefined);
}

/** Pages that the worker has put aside name this desk; one that was withdrawn keeps none. */
export async function forgetPages(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration("/desk");
  await registration?.unregister();
  if (!("caches" in globalThis)) return;
  for (const name of await caches.keys()) if (name.startsWith("desk-")) await caches.delete(name);
}
