// What the server knows of the last scans under this name: names after a reload, and what another window or device has scanned.
import type { Done } from "./history";
import type { Call } from "./server";

interface Line {
  scan: Omit<Done, "number" | "session" | "is_known" | "is_undone"> & { session_id: string };
  person: { name: string; number: number } | null;
}

export interface Lately {
  done: Done[];
  /** By nonce; without those who have given none. */
  names: Map<string, string>;
}

/** Null where the server does not answer, or not to this desk. */
export async function lately(call: Call): Promise<Lately | null> {
  const reply = await call<Line[]>("GET", "/api/v1/desk/last-scans");
  if (!reply || reply.status >= 400) return null;
  const known = reply.body.flatMap(({ scan, person }) => (person ? [{ scan, person }] : []));
  return {
    done: known.map(({ scan: { session_id, ...scan }, person }) => {
      const { nonce, title, title_en, direction, at } = scan;
      const what = { nonce, title, title_en: title_en ?? "", direction, at };
      return { ...what, number: person.number, session: session_id, is_known: true, is_undone: false };
    }),
    names: new Map(known.flatMap(({ scan, person }) => (person.name ? [[scan.nonce, person.name]] : []))),
  };
}

/** What this desk has kept, and what else the server knows; of one that both have, this desk knows whether it was undone here. */
export function together(own: Done[], others: Done[]): Done[] {
  const nonces = new Set(own.map((one) => one.nonce));
  return [...own, ...others.filter((one) => !nonces.has(one.nonce))];
}
