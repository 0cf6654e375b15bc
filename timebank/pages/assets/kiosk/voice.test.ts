import { beforeEach, expect, test } from "vitest";
import { type Mouth, Voice } from "./voice";

const CHINESE = { lang: "zh-CN", localService: true, name: "Ting" };
const ENGLISH = { lang: "en-GB", localService: true, name: "Amy" };
const CANTONESE = { lang: "zh-HK", localService: true, name: "Sin" };

let said: string[];
let store: Map<string, string>;

beforeEach(() => {
  said = [];
  store = new Map();
});

function voice(...voices: (typeof CHINESE)[]): Voice {
  const mouth: Mouth = {
    getVoices: () => voices,
    speak: (text, one) => void said.push(`${one.lang} ${text}`),
    cancel: () => void said.push("hush"),
  };
  return new Voice(mouth, { getItem: (key) => store.get(key) ?? null, setItem: (key, value) => void store.set(key, value) });
}

test("it is off until somebody turns it on, and speaks the page's language then", () => {
  const own = voice(CANTONESE, ENGLISH, CHINESE);
  own.say("请选择", "zh-CN");
  expect(said).toEqual(["hush"]);
  own.turn("zh-CN", true);
  own.say("请选择", "zh-CN");
  own.say("Choose", "en");
  expect(said.filter((one) => one !== "hush")).toEqual(["zh-CN 请选择", "en-GB Choose"]);
});

test("what is chosen at the start stays; what a person chooses ends with the person", () => {
  const own = voice(CHINESE);
  own.turn("zh-CN", true);
  own.turn("zh-CN", false);
  expect(own.state("zh-CN")).toBe("off");
  own.forget();
  expect(own.state("zh-CN")).toBe("on");
  expect(voice(CHINESE).state("zh-CN")).toBe("on");
});

test("where there is no voice of a language it says so and keeps silent", () => {
  const own = voice(ENGLISH);
  own.turn("en", true);
  own.say("请选择", "zh-CN");
  expect(own.state("zh-CN")).toBe("none");
  expect(said.filter((one) => one !== "hush")).toEqual([]);
  expect(new Voice(null, { getItem: () => "on", setItem: () => undefined }).state("en")).toBe("none");
});
