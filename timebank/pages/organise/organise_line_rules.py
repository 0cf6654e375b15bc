"""A page of its own for what an activity does when it is full, and who decides: also once it is public."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules.line_rules import LineRules
from timebank.actions.activities.change_line_rules import change_line_rules
from timebank.actions.activities.see_activity import SeenActivity, see_activity
from timebank.pages.forms import Ask, Short
from timebank.pages.meaning import Faults, in_words
from timebank.pages.organise.plan_form import hours
from timebank.pages.organise.plan_meaning import NO_HOURS, minutes_of_hours
from timebank.pages.render import go, page
from timebank.people.callers import Caller, Right
from timebank.web.access import needs
from timebank.web.request import Now, Who, language_of

runs = [needs(Right.RUN_ACTIVITIES)]


class LineForm(msgspec.Struct):
    """As typed; an offer's length in hours. A box that was not ticked is not sent."""

    has_waiting_list: Short = ""
    needs_approval: Short = ""
    counts_requests: Short = ""
    asks_again: Short = ""
    offer_minutes: Short = ""


@get("/organise/activities/{activity_id:uuid}/line-rules", guards=runs)
async def show_line_rules(activity_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    """The page as the activity has it now."""
    activity = (await _activity(caller, activity_id, now)).activity
    ticked = {name: "1" if getattr(activity, name) else "" for name in LineForm.__struct_fields__ if name != "offer_minutes"}
    form = LineForm(**ticked, offer_minutes=hours(activity.offer_minutes))
    return page(request, "organise/line_rules.html", activity=activity, form=form, faults={}, refused=None)


@post("/organise/activities/{activity_id:uuid}/line-rules", guards=runs)
async def take_line_rules(
    activity_id: FromPath[UUID], data: URLEncodedBody[LineForm], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    """What was typed stays where it makes no sense."""
    try:
        rules = _meant(data)
    except Faults as wrong:
        activity = (await _activity(caller, activity_id, now)).activity
        faults = in_words(wrong.by_field, language_of(request))
        return page(request, "organise/line_rules.html", 400, activity=activity, form=data, faults=faults, refused=None)
    await change_line_rules(caller, activity_id, rules, now)
    return go(f"/organise/activities/{activity_id}")


def _meant(form: LineForm) -> LineRules:
    faults: dict[str, str] = {}
    minutes = minutes_of_hours(form.offer_minutes, "offer_minutes", faults)
    if not minutes:
        raise Faults({"offer_minutes": NO_HOURS})
    return LineRules(
        has_waiting_list=bool(form.has_waiting_list),
        needs_approval=bool(form.needs_approval),
        counts_requests=bool(form.counts_requests),
        asks_again=bool(form.asks_again),
        offer_minutes=minutes,
    )


async def _activity(caller: Caller, activity_id: UUID, now: datetime) -> SeenActivity:
    seen = await see_activity(caller, activity_id, now)
    caller.require(Right.RUN_ACTIVITIES, seen.node.ancestor_ids)
    return seen


routes: list[Any] = [show_line_rules, take_line_rules]
