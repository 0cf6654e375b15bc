"""One scan of an upload: what the server says of it at its own time, and how that differs from what the desk said."""

from __future__ import annotations

import msgspec

from schedules import codes, presence, undos
from schedules.decision import Verdict, decide
from schedules.reasons import NonceConflict
from timebank.actions.door import admission
from timebank.actions.uploads import upload_instant, upload_outcomes
from timebank.actions.uploads.queue import OWN, Result
from timebank.actions.uploads.upload_facts import Before, Case
from timebank.actions.uploads.upload_rows import Judged
from timebank.people.callers import NotAllowed


async def judge(case: Case) -> Judged:
    """What the server says of it, and what is to be written. The person's history gains the evidence that it is."""
    item, known, earlier = case.one.item, case.known, case.earlier
    asked = case.asked
    if known.is_allowed and not asked.is_allowed:
        # Who overruled has gone home: judged without, so that the server's own refusal is kept and shown (checkin-78).
        asked = msgspec.structs.replace(asked, is_allowed=True, is_override=False)
        case = msgspec.structs.replace(case, overrules=False)
    if not asked.is_allowed:
        return Judged(result=Result(nonce=item.nonce, code="not_allowed", refusal=NotAllowed(right="scan")))
    kept = next((row for row in earlier if _is_repeat(case, row)), None)
    if asked.earlier == "other" or (kept and kept.raw_code != codes.kept(item.code) and kept.reason != "ok"):
        return Judged(result=Result(nonce=item.nonce, code="nonce_conflict", refusal=NonceConflict()))
    if kept:
        return Judged(result=await _again(case, kept))
    if any(row.source == "upload" and row.reason != "ok" for row in earlier):
        # One nonce is one scan: refused by the desk, it is not let in under the same name, nor the other way round.
        return Judged(result=Result(nonce=item.nonce, code="nonce_conflict", refusal=NonceConflict()))
    asked = await upload_instant.question(case, asked)
    verdict = decide(asked)
    if verdict.reason == "already_elsewhere" and (item.is_admission or item.reason == "already_in"):
        # The person did go in there: the stay before ends at that moment (schedules/presence.py).
        verdict = decide(msgspec.structs.replace(asked, inside=None))
    if item.is_refusal:
        return await upload_outcomes.turned_away_by_desk(case, verdict)
    here = known.here(verdict.session)
    if verdict.reason not in ("ok", "already_in") or here is None or known.member is None or case.course is None:
        return await upload_outcomes.objected_to(case, verdict, here)
    return await upload_outcomes.let_through(case, known.member, verdict, here, case.course)


def _is_repeat(case: Case, row: Before) -> bool:
    """A refusal of the desk repeats only such a refusal (checkin-19); anything else what was kept of it, or accepted."""
    if case.one.item.is_refusal:
        return row.source == "upload" and row.desk_reason not in OWN
    return row.reason == "ok" or (row.source == "upload" and row.desk_reason in OWN)


async def _again(case: Case, kept: Before) -> Result:
    """The answer that was given before; where the scan was undone since, that."""
    nonce, known = case.one.item.nonce, case.known
    if undone := await _undone(case, kept):
        return undone
    if kept.answer:
        told = admission.again(kept.answer, case.scan.asking, known)
        return Result(nonce=nonce, code=kept.reason, admission=told, disputed=kept.is_disputed)
    session = str(kept.session_id) if kept.session_id else None
    verdict = Verdict(reason=kept.reason, session=session)
    refusal = await upload_outcomes.refusal(case, verdict, known.here(session))
    return Result(nonce=nonce, code=kept.reason, refusal=refusal, disputed=kept.is_disputed)


async def _undone(case: Case, kept: Before) -> Result | None:
    nonce = case.one.item.nonce
    if kept.reason not in presence.EVIDENCE or nonce not in case.past.undone:
        return None
    undone = await undos.undone(case.scan.asking.scanner_id, nonce)
    if undone is None:
        return None
    if undone.facts["by"] == "staff":
        return Result(nonce=nonce, code="scan_undone", refusal=undone)
    return Result(nonce=nonce, code="annulled")
