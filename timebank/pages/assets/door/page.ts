// What the parts of the desk's page share: finding their elements, copying their templates, the reader's language.
import type { Session } from "./answer";

const isEnglish = document.documentElement.lang === "en";

/** As Intl names it. */
export const language = document.documentElement.lang;

export function find<T extends Element = HTMLElement>(selector: string, within: ParentNode = document): T {
  const found = within.querySelector<T>(selector);
  if (!found) throw new Error(`the page lacks ${selector}`);
  return found;
}

/** A copy of what the template of that name holds. */
export function copy<T extends HTMLElement = HTMLElement>(name: string): T {
  const found = find<HTMLTemplateElement>(`[data-template="${name}"]`).content.cloneNode(true) as DocumentFragment;
  return found.firstElementChild as T;
}

/** The reader's own, else the one there is. */
export function either(own: string, english: string): string {
  return (isEnglish ? english || own : own || english) ?? "";
}

export function named(session: Session): string {
  const place = either(session.place, session.place_en);
  const separator = isEnglish ? ", " : "，";
  return either(session.title, session.title_en) + (place ? separator + place : "");
}

/** Writes a text into the slot of that name; an empty one is not shown. */
export function put(box: ParentNode, slot: string, words: string): void {
  find(`[data-slot="${slot}"]`, box).textContent = words;
}

export function list(box: ParentNode, slot: string, lines: string[]): void {
  const items = lines.map((line) => Object.assign(document.createElement("li"), { textContent: line }));
  find(`[data-slot="${slot}"]`, box).replaceChildren(...items);
}

export function show(element: HTMLElement, isShown: boolean): void {
  element.hidden = !isShown;
}

export function press(button: HTMLButtonElement, isOn: boolean): void {
  button.setAttribute("aria-pressed", String(isOn));
  button.textContent = (isOn ? button.dataset.on : button.dataset.off) ?? "";
}
