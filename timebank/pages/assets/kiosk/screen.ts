// What stands on the screen: the page, the notices over it, the keys and the focus.

const NOTICES = ["waiting", "unanswered", "busy", "cut", "still"] as const;
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

/** Shows one notice over the page, or none. */
export function notice(wanted: Notice | null): void {
  for (const name of NOTICES) {
    const found = document.querySelector<HTMLElement>(`[data-over="${name}"]`);
    if (found) found.hidden = name !== wanted;
  }
  if (wanted) document.querySelector<HTMLElement>(`[data-over="${wanted}"] button`)?.focus();
}

/** A key of the screen was touched: its character goes into the field that the keys belong to. */
export function press(button: HTMLElement): void {
  const field = document.getElementById(button.closest<HTMLElement>("[data-keys]")?.dataset.keys ?? "");
  if (!(field instanceof HTMLInputElement)) return;
  if (button.dataset.erase !== undefined) field.value = field.value.slice(0, -1);
  else if (field.maxLength < 0 || field.value.length < field.maxLength) field.value += button.dataset.key ?? "";
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
