// The display at a room's door: asks anew at every step, and says since when it could not.

export {};

const GOOD_FOR = 30_000;
const AGAIN = 2000;

function find<T extends Element>(selector: string): T {
  const found = document.querySelector<T>(selector);
  if (!found) throw new Error(`the page lacks ${selector}`);
  return found;
}

const display = find<HTMLElement>("[data-display]");
const cut = find<HTMLElement>("[data-cut]");
const words = cut.lastChild?.textContent ?? "";
let began = performance.now();
let next: ReturnType<typeof setTimeout> | undefined;

function start(): void {
  began = performance.now();
  cut.hidden = true;
  renewIn(Math.max(Number(find<HTMLElement>("[data-now]").dataset.left ?? 0), 200));
}

function renewIn(milliseconds: number): void {
  clearTimeout(next);
  next = setTimeout(() => void renew(), milliseconds);
}

async function renew(): Promise<void> {
  try {
    const answer = await fetch(display.dataset.display ?? "", { headers: { accept: "text/html" } });
    if (answer.status === 404) return window.location.reload();
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = document.createElement("template");
    fresh.innerHTML = await answer.text();
    find<HTMLElement>("[data-now]").replaceWith(fresh.content);
    start();
  } catch {
    if (performance.now() - began > GOOD_FOR && cut.hidden) tellCut();
    renewIn(AGAIN);
  }
}

/** What was true then stays readable; the code, which is out of date, goes. */
function tellCut(): void {
  const shown = find<HTMLElement>("[data-now]");
  if (cut.lastChild) cut.lastChild.textContent = words.replace("[time]", shown.dataset.at ?? "");
  shown.classList.add("is-stale");
  cut.hidden = false;
}

/** The screen stays bright as long as the page is in front. */
async function stayAwake(): Promise<void> {
  try {
    if (document.visibilityState === "visible") await navigator.wakeLock?.request("screen");
  } catch {
    // a browser that saves its battery goes dark all the same
  }
}

const full = document.querySelector<HTMLButtonElement>("[data-full]");
if (full && document.fullscreenEnabled) {
  full.hidden = false;
  full.addEventListener("click", () => void display.requestFullscreen());
}
document.addEventListener("visibilitychange", () => {
  void stayAwake();
  if (document.visibilityState === "visible") renewIn(0);
});
void stayAwake();
start();
