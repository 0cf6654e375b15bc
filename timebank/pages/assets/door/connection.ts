// Whether this desk asks the server or decides by itself. It goes offline after two errors among its last five calls, comes back with
// the first answer, and does neither where a person has chosen. Pure: the page keeps the state and shows it.

export type Choice = "auto" | "online" | "offline";

/** `calls` are the last five, true where the server answered; `fell` is the instant at which the desk went offline by itself. */
export interface Connection {
  choice: Choice;
  calls: readonly boolean[];
  fell: number | null;
}

const LOOKED_AT = 5;
const ERRORS = 2;

/** A desk that has just started. */
export function fresh(choice: Choice): Connection {
  return { choice, calls: [], fell: null };
}

/** After a call: an answer brings the desk back, the second error of five takes it offline. */
export function noted(before: Connection, wentWell: boolean, now: number): Connection {
  if (wentWell && before.fell !== null) return { ...before, calls: [true], fell: null };
  const calls = [...before.calls, wentWell].slice(-LOOKED_AT);
  const errors = calls.filter((well) => !well).length;
  return { ...before, calls, fell: before.fell ?? (errors >= ERRORS ? now : null) };
}

/** After a person's choice. "auto" starts with a clean slate. */
export function chosen(before: Connection, choice: Choice): Connection {
  return choice === "auto" ? fresh(choice) : { ...before, choice };
}

/** A person's choice wins; without one it is how the last calls went. */
export function isOffline(connection: Connection): boolean {
  return connection.choice === "offline" || (connection.choice === "auto" && connection.fell !== null);
}
