// Sends one scan until there is an answer: always with the nonce it was given, so that a repeat counts once.

const PATIENCE = 8000;
const PAUSES = [500, 1000, 2000, 3000];

export interface Scan {
  activities: string[];
  code: string;
  direction: string;
  nonce: string;
  happened_at: string;
  session?: string;
}

export interface Session {
  id: string;
  title: string;
  title_en: string;
  place: string;
  place_en: string;
}

/** The server's answer, accepted or refused: `code` says which, the rest is for people to read. */
export interface Answer {
  code: string;
  title: string;
  detail: string;
  name?: string;
  number?: number;
  role?: string;
  role_en?: string;
  notes?: string[];
  session?: Session;
  choices?: Session[];
  elsewhere?: Session[];
  is_late?: boolean;
  lacks_entry?: boolean;
}

/** A name for one scan. Not randomUUID, which browsers keep from addresses without https. */
export function nonce(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The answer; null when `stop` was called first. `cut` is called each time that none has come. */
export async function send(scan: Scan, cut: () => void, isStopped: () => boolean): Promise<Answer | null> {
  for (let round = 0; !isStopped(); round++) {
    const answer = await once(scan);
    if (answer) return isStopped() ? null : answer;
    cut();
    await new Promise((resume) => setTimeout(resume, PAUSES[Math.min(round, PAUSES.length - 1)]));
  }
  return null;
}

/** Null where the server could not be reached or is busy: nothing is known, so the same scan is sent again. */
async function once(scan: Scan): Promise<Answer | null> {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), PATIENCE);
  try {
    const answer = await fetch("/api/v1/scans", {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify(scan),
      signal: giveUp.signal,
    });
    if ([500, 502, 503, 504].includes(answer.status)) return null;
    return (await answer.json()) as Answer;
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}
