// What a desk works with, and what its page shows.
import type { Answer } from "./answer";
import type { Store } from "./box";
import type { Connection } from "./connection";
import type { Done } from "./history";
import type { Judged, Scan } from "./judge";
import type { Left } from "./owners";
import type { Queue } from "./queue";
import { covers, type Pack } from "./roster";
import type { Call } from "./server";

export interface Parts {
  store: Store;
  queue: Queue;
  call: Call;
  /** This device's own clock, in milliseconds. */
  now(): number;
  pause(milliseconds: number): Promise<void>;
  nonce(): string;
  /** The desk or member under whose name it scans. */
  owner: string;
  /** What is said where the server knows this browser under another name. */
  foreign: string;
  /** The member signed in; null where nobody is, or no longer. */
  operator(): string | null;
  /** The words of what the desk has decided by itself. */
  tell(judged: Judged, scan: Scan, pack: Pack | null, done: Done[]): Answer;
  /** Something that the page shows is different now. */
  changed(): void;
}

/** What the page shows beside the answer. */
export interface State {
  connection: Connection;
  skew: number | null;
  pack: Pack | null;
  done: Done[];
  isRevoked: boolean;
  isUploading: boolean;
  /** How many scans the server has answered since the last one was made. */
  sent: number;
  /** What others have left in this browser. */
  left: Left[];
  /** What the server said to the last upload or preparation that it refused as a whole. */
  trouble: string;
  /** What this browser cannot do for a desk, for as long as the page is open. */
  warning: string;
}

/** Whether the desk could judge cards of these sessions by itself. */
export function isPrepared(state: State, sessions: string[]): boolean {
  return state.pack !== null && covers(state.pack, sessions);
}
