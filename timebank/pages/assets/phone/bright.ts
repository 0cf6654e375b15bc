// The screen stays on while the code is shown. A browser may not turn the brightness up: the page is white, and says so.

let lock: WakeLockSentinel | null = null;

export async function stayAwake(): Promise<void> {
  if (document.visibilityState !== "visible" || (lock && !lock.released)) return;
  // A browser that saves its battery refuses: the screen goes dark as it always did.
  lock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
}

const LARGE = "is-large";

/** The code on the whole screen, white around. A browser that gives no element the whole screen gives it the whole page. */
export async function fill(element: HTMLElement): Promise<void> {
  element.classList.add(LARGE);
  await element.requestFullscreen?.().catch(() => undefined);
}

/** Back to the page, by the button, the Escape key or the browser's own way. */
export async function leave(element: HTMLElement): Promise<void> {
  element.classList.remove(LARGE);
  if (document.fullscreenElement) await document.exitFullscreen();
}
