// The visible way back to the start: every page of a person says how long it stays.

/** Counts down from `seconds` after the last touch; `tell` is called with what is left, `over` once at the end. */
export class Countdown {
  #left = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly tell: (left: number) => void,
    private readonly over: () => void,
  ) {}

  /** From the top; nothing at all counts down where `seconds` is 0. */
  start(seconds: number): void {
    this.stop();
    this.#left = seconds;
    if (seconds <= 0) return;
    this.tell(seconds);
    this.#timer = setInterval(() => this.#tick(), 1000);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    this.#left -= 1;
    this.tell(this.#left);
    if (this.#left > 0) return;
    this.stop();
    this.over();
  }
}
