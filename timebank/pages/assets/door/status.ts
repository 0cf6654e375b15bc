// The bar that says whether the desk asks the server, how old its data is, and how many scans wait to be sent.
import { NOTABLE, onTheWall } from "./clock";
import { isOffline } from "./connection";
import { countOf } from "./owners";
import { find, language, show } from "./page";
import type { Queue } from "./queue";
import { isPrepared, type State } from "./state";
import { fill, timeOf, type Words } from "./words";

/** Data older than this is named before each scan (checkin-84): in two hours people have signed up and withdrawn. */
const OLD = 2 * 3_600_000;
const MINUTE = 60_000;

export interface Status {
  draw(): void;
}

export function status(
  bar: HTMLElement,
  state: State,
  queue: Queue,
  sessions: string[],
  words: Words,
  now: () => number,
): Status {
  const say = (name: string, facts: Record<string, string | number> = {}) => fill(words.said[name] ?? "", facts);
  const slot = (name: string) => find(`[data-slot="${name}"]`, bar);

  const badge = find("[data-badge]");

  function write(name: string, text: string): void {
    if (slot(name).textContent !== text) slot(name).textContent = text;
    show(slot(name), text !== "");
  }

  /** A duration as people say it. */
  function long(milliseconds: number): string {
    const minutes = Math.max(0, Math.round(milliseconds / MINUTE));
    return minutes < 60
      ? say("minutes", { minutes })
      : say("hours", { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
  }

  function age(): string {
    if (!state.pack || !isPrepared(state, sessions)) return say("no_data");
    const zone = state.pack.sessions[0]?.time_zone ?? "UTC";
    const until = new Date(Date.parse(state.pack.made_at) + state.pack.near_minutes * MINUTE).toISOString();
    const people = state.pack.sessions.reduce((sum, session) => sum + session.signed_up, 0);
    const age = old() < MINUTE ? say("just_now") : say("age", { age: long(old()) });
    const wall = (moment: string) => onTheWall(moment, zone, language);
    const end = timeOf(until, now() - (state.skew ?? 0), zone, language, words.said.tomorrow ?? "");
    return say(people === 1 ? "data_one" : "data", { until: end, people, time: wall(state.pack.made_at), age });
  }

  function old(): number {
    return state.pack ? now() - (state.skew ?? 0) - Date.parse(state.pack.made_at) : 0;
  }

  function waiting(count: number): string {
    if (state.isRevoked) return "unsent";
    return state.isUploading ? "sending" : count === 1 ? "waits" : "wait";
  }

  function sent(): string {
    return say(state.sent === 1 ? "sent_one" : "sent", { count: state.sent });
  }

  function why(): string {
    const { choice, fell } = state.connection;
    if (state.isRevoked) return say("revoked");
    if (choice === "offline") return say("by_hand");
    if (choice === "online" && fell !== null) return say("online_by_hand");
    return fell !== null ? say("by_itself") : "";
  }

  return {
    draw() {
      const off = isOffline(state.connection) || state.isRevoked;
      bar.classList.toggle("is-offline", off);
      write("online", off ? "" : say("online"));
      write("offline", off ? say(state.isRevoked ? "withdrawn" : "offline") : "");
      badge.textContent = off ? say(state.isRevoked ? "withdrawn" : "offline") : "";
      show(badge, off);
      write("why", why());
      show(find("[data-counts-old]"), off);
      write("data", state.isRevoked ? "" : age());
      const count = queue.waiting().length;
      write("waiting", count === 0 ? "" : say(waiting(count), { count }));
      write("sent", count > 0 || state.sent === 0 || state.isRevoked ? "" : sent());
      const odd = state.isRevoked ? 0 : queue.rejected().length;
      write("odd", odd === 0 ? "" : say("odd", { count: odd }));
      const skew = state.skew ?? 0;
      write(
        "skew",
        state.isRevoked || Math.abs(skew) < NOTABLE ? "" : say(skew > 0 ? "fast" : "slow", { time: long(Math.abs(skew)) }),
      );
      write("trouble", state.isRevoked ? "" : [state.warning, state.trouble].filter(Boolean).join(" "));
      write("left", state.left.map((left) => say("left", { name: left.name, count: countOf(left) })).join(" "));
      const isOld = isPrepared(state, sessions) && old() > OLD;
      for (const before of document.querySelectorAll<HTMLElement>("[data-before-scan]")) {
        before.textContent = off ? (isOld || !isPrepared(state, sessions) ? age() : "") : "";
      }
      show(find("[data-send]", bar), count > 0 && !state.isRevoked);
      show(find("[data-prepare]", bar), !off);
      show(find("fieldset", bar), !state.isRevoked);
      find<HTMLInputElement>(`input[name=choice][value=${state.connection.choice}]`, bar).checked = true;
    },
  };
}
