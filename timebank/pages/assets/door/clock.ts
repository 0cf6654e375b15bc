// The desk's clock is believed nowhere; how far it is ahead of the server's is measured at each contact and applied (checkin-47).

/** A skew of more than this is shown. */
export const NOTABLE = 120_000;
/** An answer that took longer says too little about the moment at which it was given. */
const SLOW = 10_000;

/** How far this clock is ahead of the server's, in milliseconds: the answer was given half-way between asking and hearing. */
export function skew(askedAt: number, heardAt: number, serverNow: string | null): number | null {
  const there = serverNow ? Date.parse(serverNow) : Number.NaN;
  if (Number.isNaN(there) || heardAt - askedAt > SLOW) return null;
  return Math.round((askedAt + heardAt) / 2 - there);
}

/** This instant as RFC 3339. */
export function text(moment: number): string {
  return new Date(moment).toISOString();
}

/** The hour and minute at a place, as the clock on its wall shows them. */
export function onTheWall(moment: string | number, zone: string, language: string): string {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone }).format(
    new Date(moment),
  );
}

/** The day there, as yyyy-mm-dd: later days are greater texts. */
export function dayAt(moment: string | number, zone: string): string {
  return new Intl.DateTimeFormat("sv", { dateStyle: "short", timeZone: zone }).format(new Date(moment));
}
