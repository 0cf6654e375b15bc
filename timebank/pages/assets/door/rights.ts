// Who may overrule a refusal while there is no network to ask: the member for whom the roster was packed, as long as it tells anything
// and that member is signed in. The page itself proves nothing: it may have been put aside under somebody else's sign-in.
import type { Pack } from "./roster";

const LEFT = "timebank_left";
const MINUTE = 60_000;

/** `operator` is the member signed in on this page, null where nobody is; `now` the server's time in milliseconds. */
export function mayOverride(pack: Pack | null, operator: string | null, now: number): boolean {
  if (!pack?.may_override || operator === null || pack.operator !== operator) return false;
  return now - Date.parse(pack.made_at) <= pack.near_minutes * MINUTE;
}

/** The page's operator, unless somebody has signed out in this browser since. */
export function operatorOf(named: string, cookies: string): string | null {
  const hasLeft = cookies.split("; ").some((cookie) => cookie.startsWith(`${LEFT}=`));
  return named && !hasLeft ? named : null;
}
