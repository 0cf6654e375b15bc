// Says aloud what the page asks for, by the browser's own voice. Names, balances and codes are not said before others unless somebody asks.

const REMEMBERED = "timebank.kiosk.voice";

/** The part of speechSynthesis that is used here. */
export interface Mouth {
  getVoices(): { lang: string; localService: boolean; name: string }[];
  speak(text: string, voice: { lang: string }): void;
  cancel(): void;
}

export type State = "on" | "off" | "none";

/** Whether it speaks. What is chosen at the start is the kiosk's and stays; what a person chooses ends with the person. */
export class Voice {
  #own: boolean | null = null;

  constructor(
    private readonly mouth: Mouth | null,
    private readonly kept: Pick<Storage, "getItem" | "setItem">,
  ) {}

  /** "none" where this browser has no voice of that language: the switch says so, and nothing pretends to speak. */
  state(language: string): State {
    if (!this.#voice(language)) return "none";
    return (this.#own ?? this.kept.getItem(REMEMBERED) === "on") ? "on" : "off";
  }

  /** On becomes off, and off on. */
  turn(language: string, isStart: boolean): void {
    const isOn = this.state(language) === "on";
    this.hush();
    if (isStart) this.kept.setItem(REMEMBERED, isOn ? "off" : "on");
    else this.#own = !isOn;
  }

  /** Nobody stands there any more. */
  forget(): void {
    this.#own = null;
  }

  /** Instead of what is being said. Silent where it is off or there is no voice. */
  say(text: string, language: string): void {
    this.hush();
    const voice = this.#voice(language);
    if (voice && text && this.state(language) === "on") this.mouth?.speak(text, voice);
  }

  /** Because somebody asked for this text, also where it is off. */
  sayOnce(text: string, language: string): void {
    this.hush();
    const voice = this.#voice(language);
    if (voice) this.mouth?.speak(text, voice);
  }

  hush(): void {
    this.mouth?.cancel();
  }

  /** The plain Chinese of the mainland before others, a voice in the machine before one that asks somebody's server. */
  #voice(language: string) {
    const [wanted] = language.toLowerCase().split("-");
    const fit = (this.mouth?.getVoices() ?? []).filter((one) => one.lang.toLowerCase().split(/[-_]/)[0] === wanted);
    const rank = (one: { lang: string; localService: boolean }) =>
      (one.localService ? 0 : 2) + (/^(zh[-_](cn|hans)|en)/i.test(one.lang) ? 0 : 1);
    return fit.sort((one, other) => rank(one) - rank(other))[0] ?? null;
  }
}

/** The browser's voice; null where it has none at all. */
export function browserMouth(): Mouth | null {
  if (!("speechSynthesis" in globalThis)) return null;
  return {
    getVoices: () => speechSynthesis.getVoices(),
    cancel: () => speechSynthesis.cancel(),
    speak: (text, voice) => {
      const said = new SpeechSynthesisUtterance(text);
      said.voice = voice as SpeechSynthesisVoice;
      said.lang = voice.lang;
      said.rate = 0.95;
      speechSynthesis.speak(said);
    },
  };
}
