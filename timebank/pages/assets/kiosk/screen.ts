// What stands on the screen: the page, the notices over it, the keys and the focus.

import type { State } from "./voice";

const NOTICES = ["waiting", "unanswered", "busy", "cut", "still", "unwritten"] as const;
export type Notice = (typeof NOTICES)[number];

/** Puts a page that the server drew in the place of this one; scripts in it are not run again. */
export function show(html: string): void {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const script of fresh.querySelectorAll("script")) script.remove();
  document.title = fresh.title;
  document.documentElement.lang = fresh.documentElement.lang;
  document.documentElement.className = fresh.documentElement.className;
  document.body.replaceChildren(...fresh.body.childNodes);
  window.scrollTo(0, 0);
  prepare();
}

/** Makes the drawn page ready for a screen without a keyboard: digits appear, the first field has the focus. */
export function prepare(): void {
  const digits = document.querySelector<HTMLElement>(".pin [data-keys]");
  if (digits) digits.hidden = false;
  for (const plain of document.querySelectorAll<HTMLElement>("[data-plain]")) plain.hidden = true;
  for (const button of document.querySelectorAll<HTMLElement>("[data-open], [data-print]"))
    button.hidden = button.dataset.open === "camera" && !navigator.mediaDevices?.getUserMedia;
  document.querySelector<HTMLElement>("[autofocus]")?.focus();
}

/** Shows one notice over the page, or none; tells whether it was not there already. */
export function notice(wanted: Notice | null): boolean {
  const before = document.querySelector<HTMLElement>("[data-over]:not([hidden])")?.dataset.over;
  if (before === wanted) return false;
  for (const name of NOTICES) {
    const found = document.querySelector<HTMLElement>(`[data-over="${name}"]`);
    if (found) found.hidden = name !== wanted;
  }
  if (wanted) document.querySelector<HTMLElement>(`[data-over="${wanted}"] button`)?.focus();
  return wanted !== null;
}

/** Nothing of the last person stays while no page can be had for the next. The shell is nobody's. */
export function wipe(): void {
  if (document.querySelector("[data-shell]")) return;
  document.querySelector("main")?.replaceChildren();
  document.title = document.querySelector('[data-over="cut"] h2')?.textContent ?? document.title;
}

/** Whether a notice lies over the page. */
export function isTold(): boolean {
  return document.querySelector("[data-over]:not([hidden])") !== null;
}

/** The words of a notice, to be said. */
export function wordsOf(notice: Notice): string {
  const found = document.querySelectorAll<HTMLElement>(`[data-over="${notice}"] :is(h2, p):not(:has(button))`);
  return [...found].map((part) => part.textContent?.trim()).join(" ");
}

/** What the page asks for, to be said: a wrong entry before everything else. */
export function prompt(): string {
  const wrong = document.querySelector("main [role=alert]")?.textContent?.replace(/\s+/g, " ").trim();
  const asks = document.querySelector<HTMLElement>("[data-say]")?.dataset.say ?? "";
  return [wrong, asks].filter(Boolean).join(" ");
}

/** The switch of the voice says how it stands; without a voice it says that and does nothing. */
export function showVoice(state: State): void {
  const button = document.querySelector<HTMLButtonElement>("[data-voice]");
  if (button) {
    button.hidden = false;
    button.disabled = state === "none";
    button.setAttribute("aria-pressed", String(state === "on"));
    button.textContent = button.dataset[state] ?? "";
  }
  for (const reader of document.querySelectorAll<HTMLElement>("[data-read]")) reader.hidden = state === "none";
}

/** A key of the screen was touched: its character goes into the field that the keys belong to, which is answered. */
export function press(button: HTMLElement): HTMLInputElement | null {
  const field = document.getElementById(button.closest<HTMLElement>("[data-keys]")?.dataset.keys ?? "");
  if (!(field instanceof HTMLInputElement)) return null;
  if (button.dataset.erase !== undefined) field.value = field.value.slice(0, -1);
  else if (field.maxLength < 0 || field.value.length < field.maxLength) field.value += button.dataset.key ?? "";
  return field;
}

/** Opens or shuts the part of the form that a button names: the keys. */
export function toggle(opener: HTMLElement): void {
  const part = document.querySelector<HTMLElement>(`[data-${opener.dataset.open}]`);
  if (!part) return;
  part.hidden = !part.hidden;
  opener.setAttribute("aria-expanded", String(!part.hidden));
}

/** Writes what is left of the time into the bar. */
export function tellTime(left: number): void {
  const place = document.querySelector<HTMLElement>("[data-time]");
  if (!place) return;
  place.textContent = left > 0 ? (place.dataset.words ?? "{}").replace("{}", String(left)) : "";
  place.classList.toggle("is-short", left > 0 && left <= 10);
}
