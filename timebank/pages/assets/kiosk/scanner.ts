// A hand scanner is a keyboard that types faster than anybody: a whole code and Enter, wherever the focus is. Where a page has no field for
// it, its characters must neither get lost nor press the button that has the focus.

/** Milliseconds between two keys: generous, because a busy kiosk hands them on late. What tells a code from a PIN is what it is made of. */
const SLOWEST_SCANNER = 300;
const SILENT = ["Shift", "CapsLock"];
const SHORTEST = 8;

/** Collects what is typed at a scanner's pace. */
export class Scanner {
  #text = "";
  #last = Number.NEGATIVE_INFINITY;

  /** One key at `at` milliseconds. With the Enter behind a code: the code. Everything slower is a person, and is forgotten. */
  press(key: string, at: number): string | null {
    const isFast = at - this.#last <= SLOWEST_SCANNER;
    this.#last = at;
    if (!isFast) this.#text = "";
    if (key === "Enter") {
      const text = this.#text;
      this.#text = "";
      return text.length >= SHORTEST && /\D/.test(text) ? text : null;
    }
    if (key.length === 1) this.#text += key;
    else if (!SILENT.includes(key)) this.#text = "";
    return null;
  }

  /** What was typed has been sent, or a hand touched the screen: the next key begins anew, however soon it comes. */
  forget(): void {
    this.#text = "";
  }
}
