// One short high tone for "in" and "out", two low ones for a refusal: the answer is heard before it is read.

import { press, show } from "./page";

const REMEMBERED = "desk-sound";
let context: AudioContext | null = null;

function tone(frequency: number, start: number, length: number): void {
  if (!context) return;
  const [source, volume] = [context.createOscillator(), context.createGain()];
  source.frequency.value = frequency;
  volume.gain.setValueAtTime(0.2, context.currentTime + start);
  volume.gain.exponentialRampToValueAtTime(0.001, context.currentTime + start + length);
  source.connect(volume).connect(context.destination);
  source.start(context.currentTime + start);
  source.stop(context.currentTime + start + length);
}

/** Browsers allow sound after somebody has touched the page or a key; before that this stays silent. */
export function beep(isAccepted: boolean): void {
  try {
    context ??= new AudioContext();
    void context.resume();
    if (isAccepted) tone(1200, 0, 0.15);
    else for (const start of [0, 0.25]) tone(300, start, 0.2);
  } catch {
    context = null;
  }
}

/** The button that turns it on and off; the choice is remembered. Tells whether it is on. */
export function soundButton(button: HTMLButtonElement, done: () => void): () => boolean {
  let isOn = localStorage.getItem(REMEMBERED) !== "off";
  show(button, true);
  press(button, isOn);
  button.addEventListener("click", () => {
    isOn = !isOn;
    localStorage.setItem(REMEMBERED, isOn ? "on" : "off");
    press(button, isOn);
    if (isOn) beep(true);
    done();
  });
  return () => isOn;
}
