// The screen at the place: a new code at every step, a ring that says how long this one holds, and no code at all once it is out of date.
// How many are in is told by the server as it changes; where that line does not open, the figures come with each new code.
import { listen } from "../door/counts";

const GOOD_FOR = 30_000;
const AGAIN = 2000;

function find<T extends Element>(selector: string): T {
  const found = document.querySelector<T>(selector);
  if (!found) throw new Error(`the page lacks ${selector}`);
  return found;
}

const venue = find<HTMLElement>("[data-venue]");
const cut = find<HTMLElement>("[data-cut]");
let began = performance.now();
let left = 0;
let length = 15_000;
let next: ReturnType<typeof setTimeout> | undefined;

function start(): void {
  left = Number(find<HTMLElement>("[data-code]").dataset.left ?? 0);
  length = Math.max(left, 15_000);
  began = performance.now();
  cut.hidden = true;
  find<HTMLElement>("[data-code]").classList.remove("is-stale");
  renewIn(Math.max(left, 200));
}

function renewIn(milliseconds: number): void {
  clearTimeout(next);
  next = setTimeout(() => void renew(), milliseconds);
}

async function renew(): Promise<void> {
  try {
    const answer = await fetch(venue.dataset.venue ?? "", { headers: { accept: "text/html" } });
    if (answer.status === 401 || answer.status === 403 || answer.redirected) return window.location.reload();
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = document.createElement("template");
    fresh.innerHTML = await answer.text();
    find<HTMLElement>("[data-code]").replaceWith(fresh.content);
    start();
  } catch {
    if (performance.now() - began > GOOD_FOR) {
      cut.hidden = false;
      find<HTMLElement>("[data-code]").classList.add("is-stale");
    }
    renewIn(AGAIN);
  }
}

function turn(): void {
  const passed = length - left + performance.now() - began;
  document.querySelector(".ring .hand")?.setAttribute("stroke-dashoffset", String(Math.min(100, (100 * passed) / length)));
  requestAnimationFrame(turn);
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
  full.addEventListener("click", () => void venue.requestFullscreen());
}
/** The figures of the code that is shown now: it is replaced at every step. */
listen(venue.dataset.events ?? "", ([count]) => {
  const words = document.querySelector<HTMLElement>("[data-one]");
  const expected = document.querySelector<HTMLElement>("[data-expected]");
  if (!count || !words || !expected) return;
  find<HTMLElement>("[data-here]").textContent = String(count.here);
  words.textContent = (count.here === 1 ? words.dataset.one : words.dataset.many) ?? "";
  expected.textContent = (expected.dataset.expected ?? "").replace("{}", String(count.expected));
});
document.addEventListener("visibilitychange", () => {
  void stayAwake();
  if (document.visibilityState === "visible") renewIn(0);
});
void stayAwake();
start();
turn();
