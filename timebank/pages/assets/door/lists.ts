// The last scans of this desk, each with its undo, and the scans that the server did not take over as they were shown at the door.
import { onTheWall } from "./clock";
import { UNDO_FOR } from "./desk";
import type { Done } from "./history";
import { copy, either, find, language, put, show } from "./page";
import { isLost, type Kept, type Rejected } from "./queue";

const SHOWN = 10;

/** `named` gives the name, else the number. `waiting`: what was only noted, or turned away and written down, is listed with that.
 * `isAlone`: the server has not said what else there is. */
export function drawLast(
  place: HTMLElement,
  done: Done[],
  waiting: Kept[],
  zone: string,
  now: number,
  named: (done: Done) => string,
  undo: (done: Done) => void,
  isAlone: boolean,
) {
  const lately = done
    .filter((one) => now - Date.parse(one.at) < UNDO_FOR)
    .sort((one, other) => Date.parse(other.at) - Date.parse(one.at));
  const lines = lately.slice(0, SHOWN).map((one) => {
    const line = copy("last");
    put(line, "time", onTheWall(one.at, zone, language));
    put(line, "name", named(one));
    put(line, "session", either(one.title, one.title_en ?? ""));
    for (const way of ["in", "out", "undone"])
      show(find(`[data-way="${way}"]`, line), way === (one.is_undone ? "undone" : one.direction));
    const button = find<HTMLButtonElement>("button", line);
    show(button, !one.is_undone);
    button.addEventListener("click", () => undo(one));
    return line;
  });
  const noted = waiting
    .filter(({ item }) => item.reason === "unjudged" || item.remark)
    .reverse()
    .map(noteOf(zone));
  find("ul", place).replaceChildren(...lines, ...noted.slice(0, SHOWN));
  show(find("[data-none]", place), lines.length + noted.length === 0);
  show(find("[data-alone]", place), isAlone);
}

function noteOf(zone: string): (kept: Kept) => HTMLElement {
  return ({ item }) => {
    const line = copy("noted");
    put(line, "time", onTheWall(Date.parse(item.happened_at) - (item.skew_ms ?? 0), zone, language));
    put(line, "remark", item.remark ?? "");
    for (const part of line.querySelectorAll<HTMLElement>("[data-was]"))
      show(part, (part.dataset.was === "noted") === (item.reason === "unjudged"));
    show(find("[data-nameless]", line), !item.remark);
    return line;
  };
}

/** Scans that the server fell over: they stay, and go to somebody as a file. */
export function drawFailed(place: HTMLElement, waiting: Kept[]): void {
  const failed = waiting.filter((kept) => kept.failed);
  find("[data-slot=count]", place).textContent = String(failed.length);
  show(place, failed.length > 0);
}

/** `named` gives the name of whom this desk let in with that nonce, or the number: the server names nobody whom it refuses. */
export function drawRejected(
  place: HTMLElement,
  rejected: Rejected[],
  zone: string,
  named: (nonce: string) => string,
  dismiss: (nonce: string) => void,
) {
  const isGrave = ({ item, result }: Rejected) => isLost(item, result);
  const lines = [...rejected.filter(isGrave), ...rejected.filter((one) => !isGrave(one))].map(({ item, result }) => {
    const line = copy("rejected");
    const lost = isLost(item, result);
    line.classList.toggle("is-lost", lost);
    for (const [slot, isShown] of [
      ["lost", lost],
      ["told", lost],
      ["noted", !lost],
    ] as const)
      show(find(`[data-${slot}]`, line), isShown);
    put(line, "time", onTheWall(item.happened_at, zone, language));
    put(line, "title", result.title);
    put(line, "detail", result.detail);
    put(line, "name", result.name || named(item.nonce));
    const wasNoted = item.reason === "unjudged";
    show(find("[data-unchecked]", line), wasNoted && result.disputed === true);
    show(find("[data-disputed]", line), !wasNoted && result.disputed === true);
    find("button", line).addEventListener("click", () => dismiss(item.nonce));
    return line;
  });
  find("ul", place).replaceChildren(...lines);
  find("[data-slot=count]", place).textContent = String(lines.length);
  show(place, lines.length > 0);
}
