"""The door of an activity as its organiser sets it: who may walk in, and what is asked of those who come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from schedules.door_questions import KINDS, MOST, Kind, Wanted
from schedules.errors import Refusal
from timebank.actions.activities.see_activity import see_activity
from timebank.actions.door.keep_door_rules import DoorRules, keep_door_rules, see_door_rules
from timebank.pages.forms import Ask, draw
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.web.access import needs
from timebank.web.request import Now, Who
from timebank.web.words import _

runs = [needs(Right.RUN_ACTIVITIES)]

KIND_WORDS: dict[Kind, str] = {
    "acknowledge": _("to be ticked"),
    "text": _("a few words"),
    "number": _("a number"),
    "choice": _("one of several answers"),
}
EMPTY_ROWS = 2


@get("/organise/activities/{activity_id:uuid}/door", guards=runs)
async def ask_door_rules(activity_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    standing = await see_door_rules(caller, activity_id)
    return await rules_page(request, caller, activity_id, now, standing.walk_ins, standing.questions)


@post("/organise/activities/{activity_id:uuid}/door", guards=runs)
async def take_door_rules(activity_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """What was typed stays where it makes no sense."""
    wanted = typed(await request.form())
    try:
        await keep_door_rules(caller, activity_id, wanted, now)
    except Refusal as refusal:
        return await rules_page(request, caller, activity_id, now, wanted.walk_ins, wanted.questions, refusal)
    return go(f"/organise/activities/{activity_id}/door?saved=1")


def typed(sent: Mapping[str, Any]) -> DoorRules:
    """The form as it was sent; a row without words is no question."""
    rows = [_row(sent, f"question-{number}-") for number in range(MOST)]
    return DoorRules(walk_ins=bool(sent.get("walk_ins")), questions=tuple(row for row in rows if row.text))


def _row(sent: Mapping[str, Any], prefix: str) -> Wanted:
    kind = str(sent.get(f"{prefix}kind", ""))
    return Wanted(
        kind=kind if kind in KINDS else "text",
        text=str(sent.get(f"{prefix}text", "")).strip()[:300],
        text_en=str(sent.get(f"{prefix}text_en", "")).strip()[:300],
        choices=_lines(str(sent.get(f"{prefix}choices", ""))),
        choices_en=_lines(str(sent.get(f"{prefix}choices_en", ""))),
        is_required=bool(sent.get(f"{prefix}required")),
    )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip()[:100] for line in text.splitlines() if line.strip())[:20]


async def rules_page(
    request: Ask,
    caller: Caller,
    activity_id: UUID,
    now: datetime,
    walk_ins: bool,
    questions: Sequence[Wanted],
    refusal: Refusal | None = None,
) -> Response[str]:
    return draw(
        request,
        "organise/door_rules.html",
        refusal,
        activity=(await see_activity(caller, activity_id, now)).activity,
        walk_ins=walk_ins,
        rows=[*questions, *[None] * min(EMPTY_ROWS, MOST - len(questions))],
        kinds=KIND_WORDS,
        is_saved="saved" in request.query_params,
    )


routes: list[Any] = [ask_door_rules, take_door_rules]
