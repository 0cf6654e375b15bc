// The screen stays on while the code is shown. A browser may not turn the brightness up: the page is white, and says so.

let lock: WakeLockSentinel | null = null;

export async function stayAwake(): Promise<void> {
  if (document.visibilityState !== "visible" || (lock && !lock.released)) return;
  // A browser that saves its battery refuses: the screen goes dark as it always did.
  lock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
}

/** The code on the whole screen, white around; the same again leaves it. */
export async function fill(element: HTMLElement): Promise<void> {
  if (document.fullscreenElement) await document.exitFullscreen();
  else await element.requestFullscreen?.().catch(() => undefined);
}
