"""The review list for programs: findings with their evidence, and the word of who looked at them."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from schedules.oddity_kinds import KindName
from timebank.actions.hours.review import PAGE, Listed, Seen, judge_finding, see_finding, see_findings, take_findings
from timebank.people.callers import Right
from timebank.people.findings import Said, State
from timebank.web import review, sheets
from timebank.web.access import needs
from timebank.web.request import Key, Now, Reads, Who, request_key

reads = [needs(Right.READ_REVIEW)]


class Word(msgspec.Struct, forbid_unknown_fields=True):
    """What somebody who looked at a finding says about it."""

    said: Said
    note: Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"\S")]


class PageOf(msgspec.Struct):
    """`after` asks for the next page; null on the last."""

    findings: list[Listed]
    after: UUID | None


class EvidenceLine(msgspec.Struct):
    """One row of the scan log. `code` is the reason code of the log."""

    scan_id: int
    at: str
    received_at: str
    person_id: UUID | None
    operator_id: UUID | None
    scanner_id: UUID
    source: str
    direction: str
    code: str
    forced: bool
    session_id: UUID | None
    desk: str
    desk_en: str


class StepView(msgspec.Struct):
    state: State
    at: str
    by: str | None
    note: str
    size: int


class FindingView(msgspec.Struct):
    """A finding with the rows of the log that show it, and its history. `may_judge` is the caller's."""

    listed: Listed
    evidence: list[EvidenceLine]
    history: list[StepView]
    may_judge: bool


@get("/api/v1/findings", guards=reads)
async def get_findings(
    caller: Who,
    kind: FromQuery[KindName | None] = None,
    shown: FromQuery[State | None] = None,
    after: FromQuery[UUID | None] = None,
) -> PageOf:
    """Within the caller's reach, `shown` in that state: open ones first, then the last changed. Fifty at a time."""
    found = await see_findings(caller, kind, shown, after, PAGE + 1)
    return PageOf(found[:PAGE], found[PAGE - 1].finding.id if len(found) > PAGE else None)


@get("/api/v1/findings/files/{ending:str}", guards=reads)
async def get_file(
    ending: FromPath[str],
    caller: Who,
    now: Now,
    language: Reads,
    kind: FromQuery[KindName | None] = None,
    shown: FromQuery[State | None] = None,
) -> Response[bytes]:
    """The list as a file: csv, xlsx or ods. Noted in the audit."""
    sheet = review.table(await take_findings(caller, kind, shown, now), language)
    return sheets.answer(sheet, ending, sheet.title)


@get("/api/v1/findings/{finding_id:uuid}", guards=reads)
async def get_finding(finding_id: FromPath[UUID], caller: Who, now: Now) -> FindingView:
    """One with its evidence. 404 out of the caller's reach."""
    return _view(await see_finding(caller, finding_id, now))


@post("/api/v1/findings/{finding_id:uuid}/words", guards=[needs(Right.REVIEW)])
async def post_word(
    finding_id: FromPath[UUID], data: JSONBody[Word], caller: Who, now: Now, key: Key = None
) -> Response[dict[Literal["finding_id"], UUID]]:
    """Says what became of it. 409 `own_finding` for what is about the caller or their household. Nothing else follows."""
    kept = request_key(caller, key, [finding_id, data], now, "judge finding")
    answer = await judge_finding.once(kept, caller, finding_id, data.said, data.note, now)
    return Response({"finding_id": answer.value}, status_code=200 if answer.is_replay else 201)


def _view(seen: Seen) -> FindingView:
    return FindingView(
        seen.listed,
        [
            EvidenceLine(
                line.row.id,
                line.row.at.isoformat(),
                line.row.received_at.isoformat(),
                line.row.person_id,
                line.row.operator_id,
                line.row.scanner_id,
                line.row.source,
                line.row.direction,
                line.row.reason,
                line.row.forced,
                line.row.session_id,
                line.desk.name,
                line.desk.name_en,
            )
            for line in seen.lines
        ],
        [
            StepView(
                step.change.state,
                step.change.at.isoformat(),
                step.by.name if step.by else None,
                step.change.note,
                step.change.size,
            )
            for step in seen.steps
        ],
        seen.may_judge,
    )


routes: list[Any] = [get_findings, get_file, get_finding, post_word]
