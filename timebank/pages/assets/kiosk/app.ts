// The kiosk as an app: after a power cut it starts without a network, on its own words instead of the browser's, and its screen stays lit.

/** Installs the worker, and asks that the journal is not thrown away when the device runs full. A browser without one works online only. */
export async function install(): Promise<void> {
  await navigator.storage?.persist?.().catch(() => false);
  await navigator.serviceWorker?.register("/kiosk-worker.js", { scope: "/kiosk" }).catch(() => undefined);
}

/** Again whenever the page is shown: browsers let go of it when it is hidden. */
export async function stayLit(): Promise<void> {
  if (document.visibilityState === "visible") await navigator.wakeLock?.request("screen").catch(() => undefined);
}
