"""Writing an activity down, as a new draft or a draft anew. Rows are added by buttons that send the form: no JavaScript."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter

from schedules import drafts
from schedules.errors import Malformed, Refusal
from timebank.actions.activities.plan_activity import plan_activity, rewrite_activity
from timebank.actions.activities.see_activity import see_activity
from timebank.actions.activities.see_organiser import see_choices
from timebank.pages.forms import Ask, draw
from timebank.pages.meaning import Faults, in_words
from timebank.pages.organise import plan_form, plan_meaning
from timebank.pages.organise.plan_form import PlanForm
from timebank.pages.render import go
from timebank.people.callers import Caller, NotAllowed, Right
from timebank.web.access import needs
from timebank.web.request import Now, Who, language_of, request_key

runs = [needs(Right.RUN_ACTIVITIES)]
NEW = "/organise/new"


@get(NEW, guards=runs)
async def ask_new(request: Ask, caller: Who, now: Now, copy: FromQuery[UUID | None] = None) -> Response[str]:
    """An empty form, or a copy of an activity a week later."""
    if copy is None:
        return await form_page(request, caller, None, NEW)
    await _must_run(caller, copy, now)
    form = plan_form.of_plan(await drafts.as_plan(copy, days_later=7))
    form.like = str(copy)
    return await form_page(request, caller, form, NEW)


@post(NEW, guards=runs)
async def take_new(request: Ask, caller: Who, now: Now) -> Response[Any]:
    """Saves a new draft; a button that adds or drops a row draws the form again."""
    sent = await request.form()
    form = plan_form.typed(sent)
    if plan_form.edited(form, str(sent.get("do", ""))):
        return await form_page(request, caller, form, NEW)
    try:
        plan = plan_meaning.plan_of(form)
        key = request_key(caller, str(sent.get("key", "")), [plan, form.like], now, "plan activity")
        made = await plan_activity.once(key, caller, plan, now, plan_meaning.like_of(form))
    except (Faults, Refusal) as wrong:
        return await form_page(request, caller, form, NEW, wrong)
    return go(f"/organise/activities/{made.value.activity_id}")


@get("/organise/activities/{activity_id:uuid}/edit", guards=runs)
async def ask_changes(
    activity_id: FromPath[UUID],
    request: Ask,
    caller: Who,
    now: Now,
    session: Annotated[int, QueryParameter(ge=-1, le=1000)] = -1,
    starts: FromQuery[str] = "",
    ends: FromQuery[str] = "",
) -> Response[str]:
    """A draft in the form; with `session`, `starts` and `ends` (wall times) that session stands at another time."""
    await _must_run(caller, activity_id, now)
    form = plan_form.of_plan(await drafts.as_plan(activity_id))
    if starts and ends:
        plan_form.take_alternative(form, session, _wall(starts, "starts"), _wall(ends, "ends"))
    return await form_page(request, caller, form, f"/organise/activities/{activity_id}/edit")


@post("/organise/activities/{activity_id:uuid}/edit", guards=runs)
async def take_changes(activity_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    sent, address = await request.form(), f"/organise/activities/{activity_id}/edit"
    form = plan_form.typed(sent)
    if plan_form.edited(form, str(sent.get("do", ""))):
        return await form_page(request, caller, form, address)
    try:
        await rewrite_activity(caller, activity_id, plan_meaning.plan_of(form), now)
    except (Faults, Refusal) as wrong:
        return await form_page(request, caller, form, address, wrong)
    return go(f"/organise/activities/{activity_id}")


async def form_page(
    request: Ask, caller: Caller, form: PlanForm | None, address: str, wrong: Faults | Refusal | None = None
) -> Response[str]:
    """The form with what was typed, and with what is wrong above each field."""
    choices = await see_choices(caller)
    if isinstance(wrong, Malformed):
        wrong = Faults({plan_meaning.field_of(wrong.field): wrong.reason})
    by_field, language = (wrong.by_field if isinstance(wrong, Faults) else {}), language_of(request)
    faults = in_words(by_field, language)
    shown = form or plan_form.blank(caller.name, choices.nodes[0].name if choices.nodes else "")
    answer = draw(
        request,
        "organise/form.html",
        wrong if isinstance(wrong, Refusal) else None,
        form=shown,
        faults=faults,
        names=plan_meaning.names_of(by_field, language),
        choices=choices,
        address=address,
        is_new=address == NEW,
    )
    if faults:
        answer.status_code = 400
    return answer


async def _must_run(caller: Caller, activity_id: UUID, now: datetime) -> None:
    if not (await see_activity(caller, activity_id, now)).may_run:
        raise NotAllowed(right=Right.RUN_ACTIVITIES.value)


def _wall(text: str, field: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError as error:
        raise Malformed(field=field, reason="a wall time such as 2026-11-26T18:00") from error


routes: list[Any] = [ask_new, take_new, ask_changes, take_changes]
