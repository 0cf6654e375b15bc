"""A page of its own for what a public activity says: its title, what is done, the risks, in both languages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from msgspec import Meta

from schedules.errors import Malformed
from schedules.plans import UNREADABLE
from schedules.wordings import NotPublic, Wording
from timebank.actions.activities.reword_activity import reword_activity
from timebank.actions.activities.see_activity import see_activity
from timebank.pages.forms import Ask
from timebank.pages.meaning import MISSING, in_words
from timebank.pages.render import go, page
from timebank.people.callers import Caller, Right
from timebank.web.access import needs
from timebank.web.request import Now, Who, language_of

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


@get("/organise/activities/{activity_id:uuid}/wording", guards=runs)
async def show_wording(activity_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    """As the activity says it now."""
    return await _draw(request, caller, activity_id, now)


async def _draw(
    request: Ask,
    caller: Caller,
    activity_id: UUID,
    now: datetime,
    typed: Typed | None = None,
    wrong: dict[str, str] | None = None,
) -> Response[str]:
    seen = await see_activity(caller, activity_id, now)
    caller.require(Right.RUN_ACTIVITIES, seen.node.ancestor_ids)
    activity = seen.activity
    if activity.state != "published":
        raise NotPublic(state=activity.state)
    form = typed or Typed(**{name: getattr(activity, name) for name in Typed.__struct_fields__})
    faults = in_words(wrong or {}, language_of(request))
    return page(request, "organise/wording.html", 400 if wrong else 200, activity=activity, form=form, faults=faults)


@post("/organise/activities/{activity_id:uuid}/wording", guards=runs)
async def take_wording(
    activity_id: FromPath[UUID], data: URLEncodedBody[Typed], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    """What was typed stays where something is missing or cannot be read."""
    try:
        await reword_activity(caller, activity_id, Wording(**msgspec.structs.asdict(data)), now)
    except Malformed as refusal:
        words = UNREADABLE if refusal.reason == UNREADABLE else MISSING
        return await _draw(request, caller, activity_id, now, data, {refusal.field: words})
    return go(f"/organise/activities/{activity_id}")


routes: list[Any] = [show_wording, take_wording]
