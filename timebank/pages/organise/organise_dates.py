"""Single sessions for who runs them: edited alone, added, copied to another day or week. Every derived time is shown first."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from schedules import walltimes
from schedules.edits import Changed
from schedules.errors import Malformed, Refusal
from schedules.occupancy import SpaceTaken
from timebank.actions.activities.edit_session import Copies, add_session, copy_session, copy_week, edit_session
from timebank.actions.activities.see_activity import SeenSession, see_activity, see_session
from timebank.actions.activities.see_organiser import see_choices
from timebank.actions.preview import preview
from timebank.pages.forms import Ask, draw
from timebank.pages.meaning import Faults, in_words, seal
from timebank.pages.organise import date_form
from timebank.pages.organise.date_form import FIELDS, LABELS, DateForm
from timebank.pages.render import go
from timebank.people.callers import Caller, NotAllowed, Right
from timebank.web.access import needs
from timebank.web.request import Now, Who, language_of, request_key
from timebank.web.words import say

runs = [needs(Right.RUN_ACTIVITIES)]
WEEK = timedelta(days=7)


@get("/organise/sessions/{session_id:uuid}/edit", guards=runs)
async def ask_edit(session_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    seen = await see_session(caller, session_id)
    return await edit_page(request, caller, seen, date_form.of_session(seen.session))


@post("/organise/sessions/{session_id:uuid}/edit", guards=runs)
async def take_edit(session_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """Shows every time that moves along, who is told and who clashes; saves when that was shown (schedule-17)."""
    seen, sent = await see_session(caller, session_id), await request.form()
    form = date_form.typed(sent)
    try:
        wanted = date_form.edit_of(form)
        if str(sent.get("do")) != "save" or str(sent.get("seal")) != seal(wanted):
            looked = await preview(edit_session, caller, session_id, wanted, now)
            return await edit_page(request, caller, seen, form, looked=looked, sealed=seal(wanted))
        await edit_session(caller, session_id, wanted, now)
    except (Faults, Refusal) as wrong:
        return await edit_page(request, caller, seen, form, wrong=wrong)
    return go(f"/organise/sessions/{session_id}")


async def edit_page(
    request: Ask,
    caller: Caller,
    seen: SeenSession,
    form: DateForm,
    *,
    looked: Changed | None = None,
    sealed: str = "",
    wrong: Faults | Refusal | None = None,
) -> Response[str]:
    return await _form_page(
        request, caller, form, wrong, f"/organise/sessions/{seen.session.id}/edit", seen=seen, looked=looked, sealed=sealed
    )


@get("/organise/activities/{activity_id:uuid}/add", guards=runs)
async def ask_add(activity_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    """A further session, begun a week after the last one."""
    found = await _activity(caller, activity_id, now)
    last = found.sessions[-1].session if found.sessions else None
    form = date_form.of_session(last, WEEK) if last else DateForm()
    return await _form_page(request, caller, form, None, f"/organise/activities/{activity_id}/add", activity=found.activity)


@post("/organise/activities/{activity_id:uuid}/add", guards=runs)
async def take_add(activity_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """Shows the times of the new session; saves it when they were shown."""
    found, sent = await _activity(caller, activity_id, now), await request.form()
    form, address = date_form.typed(sent), f"/organise/activities/{activity_id}/add"
    try:
        wanted = date_form.addition_of(form)
        if str(sent.get("do")) != "save" or str(sent.get("seal")) != seal(wanted):
            looked = await preview(add_session, caller, activity_id, wanted, now)
            return await _form_page(
                request, caller, form, None, address, activity=found.activity, added=looked, sealed=seal(wanted)
            )
        key = request_key(caller, str(sent.get("key", "")), [activity_id, wanted], now, "add session")
        made = await add_session.once(key, caller, activity_id, wanted, now)
    except (Faults, Refusal) as wrong:
        return await _form_page(request, caller, form, wrong, address, activity=found.activity)
    return go(f"/organise/sessions/{made.value.id}")


@get("/organise/sessions/{session_id:uuid}/copy", guards=runs)
async def ask_copy(session_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    session = (await see_session(caller, session_id)).session
    day = walltimes.day_of(session.starts_at, session.time_zone) + WEEK
    return draw(request, "organise/copy.html", session=session, to=str(day), looked=None)


@post("/organise/sessions/{session_id:uuid}/copy", guards=runs)
async def take_copy(session_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """Shows every time of the copy; saves it when they were shown."""
    session, sent = (await see_session(caller, session_id)).session, await request.form()
    text, looked = str(sent.get("to", "")), None
    try:
        to = _day(text, "to")
        if str(sent.get("do")) != "save" or str(sent.get("seal")) != text:
            looked = await preview(copy_session, caller, session_id, to, now)
            return draw(request, "organise/copy.html", session=session, to=text, looked=looked)
        key = request_key(caller, str(sent.get("key", "")), [session_id, to], now, "copy session")
        made = await copy_session.once(key, caller, session_id, to, now)
    except Refusal as refusal:
        return draw(request, "organise/copy.html", refusal, session=session, to=text, looked=None)
    return go(_first(made.value, f"/organise/sessions/{session_id}"))


@get("/organise/week", guards=runs)
async def ask_week(request: Ask, caller: Who, now: Now, community: FromQuery[UUID | None] = None) -> Response[str]:
    """Which week of which community, and to which other week."""
    choices = await see_choices(caller)
    chosen = str(community or (choices.nodes[0].id if choices.nodes else ""))
    zone = next((node.time_zone for node in choices.nodes if str(node.id) == chosen), "UTC")
    week = walltimes.monday_of(walltimes.day_of(now, zone))
    return draw(
        request, "organise/week.html", choices=choices, community=chosen, week=str(week), to_week=str(week + WEEK), looked=None
    )


@post("/organise/week", guards=runs)
async def take_week(request: Ask, caller: Who, now: Now) -> Response[Any]:
    """Shows every copy with its times; saves them when they were shown."""
    sent = await request.form()
    typed = {name: str(sent.get(name, "")) for name in ("community", "week", "to_week")}
    context: dict[str, Any] = {"choices": await see_choices(caller), **typed}
    try:
        week, to_week = _day(typed["week"], "week"), _day(typed["to_week"], "to_week")
        community_id = _id(typed["community"])
        if str(sent.get("do")) != "save" or str(sent.get("seal")) != seal(typed):
            looked = await preview(copy_week, caller, community_id, week, to_week, now)
            return draw(request, "organise/week.html", looked=looked, sealed=seal(typed), **context)
        key = request_key(caller, str(sent.get("key", "")), typed, now, "copy week")
        await copy_week.once(key, caller, community_id, week, to_week, now)
    except Refusal as refusal:
        return draw(request, "organise/week.html", refusal, looked=None, **context)
    return go("/organise")


async def _form_page(
    request: Ask, caller: Caller, form: DateForm, wrong: Faults | Refusal | None, address: str, **context: Any
) -> Response[str]:
    if isinstance(wrong, Malformed):
        wrong = Faults({FIELDS.get(wrong.field, wrong.field): wrong.reason})
    language = language_of(request)
    by_field = wrong.by_field if isinstance(wrong, Faults) else {}
    answer = draw(
        request,
        "organise/date_form.html",
        wrong if isinstance(wrong, Refusal) else None,
        form=form,
        faults=in_words(by_field, language),
        names={field: say(language, LABELS[field]) if field in LABELS else "" for field in by_field},
        taken=wrong if isinstance(wrong, SpaceTaken) else None,
        choices=await see_choices(caller),
        address=address,
        **({"seen": None, "activity": None, "looked": None, "added": None, "sealed": ""} | context),
    )
    if by_field:
        answer.status_code = 400
    return answer


async def _activity(caller: Caller, activity_id: UUID, now: datetime) -> Any:
    found = await see_activity(caller, activity_id, now)
    if not found.may_run:
        raise NotAllowed(right=Right.RUN_ACTIVITIES.value)
    return found


def _first(copies: Copies, other: str) -> str:
    return f"/organise/sessions/{copies.made[0].id}" if copies.made else other


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise Malformed(field=field, reason="a day such as 2026-12-31") from error


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Malformed(field="community", reason="choose a community") from error


routes: list[Any] = [ask_edit, take_edit, ask_add, take_add, ask_copy, take_copy, ask_week, take_week]
