// Somebody goes before the planned end and says why: the organiser reads it, and it is no no-show (checkin-57).
import type { Answer } from "./answer";
import type { Call } from "./server";

/** Whether that can be said now: before the planned end by the server's clock, while the server is there to keep it, and of who has
 * just gone. Who was out already was asked then. */
export function canLeaveEarly(answer: Answer, now: number): boolean {
  const hasGone = Boolean(answer.attendance_id) && !answer.was_out;
  return !answer.is_offline && hasGone && now < Date.parse(answer.session?.ends_at ?? "");
}

/** What the server says to it; null where it does not answer. `said`: title and next step where it is kept. */
export async function leaveEarly(
  answer: Answer,
  reason: string,
  call: Call,
  nonce: string,
  said: [string, string],
): Promise<Answer | null> {
  const path = `/api/v1/attendances/${answer.attendance_id}/left-early`;
  const reply = await call<Answer>("POST", path, { reason }, nonce);
  if (!reply) return null;
  const about = { name: answer.name ?? "", number: answer.number ?? 0 };
  const [title, detail] = said;
  return reply.status < 400 ? { code: "ok", title, detail, ...about } : { ...reply.body, ...about };
}
