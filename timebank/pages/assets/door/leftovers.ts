// What lies on this device and does not count by itself: who left it, how much, as a file for the organiser, and then away with it.
import { nameOf, save, table } from "./file";
import { countOf, type Left } from "./owners";
import { copy, find, language, put, show } from "./page";
import { fill, type Words } from "./words";

/** `putAway` deletes what that one has left; it is offered once the file has been saved. */
export function drawLeft(
  place: HTMLElement,
  left: Left[],
  zone: string,
  words: Words,
  putAway: (left: Left) => Promise<void>,
): void {
  const shown = find("ul", place);
  const known = new Set([...shown.children].map((line) => (line as HTMLElement).dataset.key));
  const keys = left.map(key);
  // Drawn anew only where something is different: a button that was pressed stays where it is.
  if (keys.length === known.size && keys.every((one) => known.has(one))) return;
  shown.replaceChildren(
    ...left.map((one) => {
      const line = copy("left");
      line.dataset.key = key(one);
      put(line, "name", one.name);
      put(line, "count", fill(words.said[countOf(one) === 1 ? "left_one" : "left_many"] ?? "", { count: countOf(one) }));
      const [file, done] = [find<HTMLButtonElement>("[data-file]", line), find<HTMLButtonElement>("[data-done]", line)];
      file.addEventListener("click", () => {
        save(table(one, words, zone, language), nameOf(one, words, Date.now()));
        show(done, true);
      });
      done.addEventListener(
        "click",
        () =>
          void putAway(one)
            .then(() => line.remove())
            .then(() => show(place, shown.childElementCount > 0)),
      );
      return line;
    }),
  );
  show(place, left.length > 0);
}

function key(left: Left): string {
  return `${left.id} ${countOf(left)}`;
}
