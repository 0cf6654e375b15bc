"""A page of its own for what a public activity says: its title, what is done, the risks, in both languages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from msgspec import Meta

from schedules import wordings
from schedules.errors import Malformed, Refusal
from schedules.plans import UNREADABLE
from schedules.wordings import RewordedMeanwhile, Wording
from timebank.actions.activities.reword_activity import Told, reword_activity, see_wording
from timebank.actions.activities.see_activity import see_activity
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.meaning import MISSING
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.web.access import needs
from timebank.web.request import Now, Who, language_of
from timebank.web.words import Language, _, say

SAYS_NOW = _("It says now: %(text)s")
EMPTY_NOW = _("Nothing stands here now.")
runs = [needs(Right.RUN_ACTIVITIES)]
Line = Annotated[str, Meta(max_length=120)]
Long = Annotated[str, Meta(max_length=4000)]


class Typed(msgspec.Struct):
    title: Line = ""
    title_en: Line = ""
    content: Long = ""
    content_en: Long = ""
    risks: Long = ""
    risks_en: Long = ""
    version: Short = ""


@get("/organise/activities/{activity_id:uuid}/wording", guards=runs)
async def show_wording(activity_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    """As the activity says it now."""
    return await _draw(request, caller, activity_id, now)


async def _draw(
    request: Ask, caller: Caller, activity_id: UUID, now: datetime, typed: Typed | None = None, refusal: Refusal | None = None
) -> Response[str]:
    """`typed` stays, with what is wrong beside each field; saved again, it is compared with what stands there now."""
    standing = await see_wording(caller, activity_id)
    form = msgspec.structs.asdict(typed or standing) | {"version": wordings.version(standing)}
    if isinstance(refusal, Malformed) and typed:
        form["version"] = typed.version
    activity = (await see_activity(caller, activity_id, now)).activity
    faults = _faults(refusal, form, language_of(request))
    return draw(request, "organise/wording.html", refusal, activity=activity, form=form, faults=faults)


def _faults(refusal: Refusal | None, form: dict[str, str], language: Language) -> dict[str, str]:
    """Beside its field: what makes no sense, or what somebody else has written there meanwhile."""
    if isinstance(refusal, Malformed):
        return {refusal.field: say(language, UNREADABLE if refusal.reason == UNREADABLE else MISSING)}
    if not isinstance(refusal, RewordedMeanwhile):
        return {}
    newer = msgspec.structs.asdict(refusal.wording)
    return {
        name: say(language, SAYS_NOW, text=text) if text else say(language, EMPTY_NOW)
        for name, text in newer.items()
        if text.split() != form[name].split()
    }


@post("/organise/activities/{activity_id:uuid}/wording", guards=runs)
async def take_wording(
    activity_id: FromPath[UUID], data: URLEncodedBody[Typed], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    """What was typed stays where something is missing or cannot be read, and where somebody else was quicker."""
    wanted = wordings.of(msgspec.structs.asdict(data))
    try:
        done = await reword_activity(caller, activity_id, wanted, now, data.version)
    except (Malformed, RewordedMeanwhile) as refusal:
        return await _draw(request, caller, activity_id, now, data, refusal)
    return go(f"/organise/activities/{activity_id}?{_outcome(done, wanted)}")


def _outcome(done: Told, wanted: Wording) -> str:
    """For the page that comes next. English is left behind where only the line beside it changed."""
    left = any(
        name in done.fields and f"{name}_en" not in done.fields and getattr(wanted, f"{name}_en").strip()
        for name in wordings.FIELDS
    )
    return urlencode({"saved": "words" if done.fields else "same", "told": done.people, "english_left": int(left)})


routes: list[Any] = [show_wording, take_wording]
