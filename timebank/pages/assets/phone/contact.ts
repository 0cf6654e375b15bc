// What this phone tells the server and hears from it: that it is a pass from now on, that it is still there, what time it is.
import type { Kept } from "./kept";

/** As api/phone_passes.py answers. */
interface Answer {
  now: string;
  phone: {
    id: string;
    credential: string;
    good_until: string;
    member_id: string;
    name: string;
    number: number;
    typed_code: string;
  };
}

/** A refusal of the server in the reader's words. */
export interface Refused {
  status: number;
  title: string;
  detail: string;
}

type Heard = Omit<Kept, "key">;

/** This phone's public key goes out, its credential comes back. */
export function enrol(publicKey: Uint8Array, label: string): Promise<Heard | Refused> {
  return say("/api/v1/me/phones", { public_key: btoa(String.fromCharCode(...publicKey)), label });
}

/** Fails where there is no network. */
export function greet(id: string): Promise<Heard | Refused> {
  return say(`/api/v1/me/phones/${id}/contact`, {});
}

async function say(path: string, body: object): Promise<Heard | Refused> {
  const began = Date.now();
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(body),
  });
  const ended = Date.now();
  // A gateway's page between us and the server is no answer of the server: the same as no network.
  const heard = await answer.json();
  if (!answer.ok) return { status: answer.status, title: heard.title, detail: heard.detail };
  return kept(heard as Answer, (began + ended) / 2);
}

function kept({ now, phone }: Answer, middle: number): Heard {
  return {
    id: phone.id,
    member: phone.member_id,
    name: phone.name,
    number: phone.number,
    typed: phone.typed_code,
    credential: phone.credential,
    goodUntil: Date.parse(phone.good_until),
    contactAt: Date.parse(now),
    ahead: Date.parse(now) - middle,
  };
}

export function isRefused(heard: Heard | Refused): heard is Refused {
  return "status" in heard;
}

/** How its owner knows this phone in a list: "Android · Chrome". */
export function label(agent: string): string {
  const first = (names: [RegExp, string][]) => names.find(([looks]) => looks.test(agent))?.[1];
  const system = first([
    [/HarmonyOS|OpenHarmony/, "HarmonyOS"],
    [/Android/, "Android"],
    [/iPhone/, "iPhone"],
    [/iPad/, "iPad"],
    [/Windows/, "Windows"],
    [/Mac OS/, "Mac"],
    [/Linux/, "Linux"],
  ]);
  const browser = first([
    [/MicroMessenger/, "WeChat"],
    [/HuaweiBrowser/, "Huawei"],
    [/MiuiBrowser/, "Xiaomi"],
    [/Edg/, "Edge"],
    [/Firefox|FxiOS/, "Firefox"],
    [/Chrome|CriOS/, "Chrome"],
    [/Safari/, "Safari"],
  ]);
  return [system, browser].filter(Boolean).join(" · ");
}
