"""Series for who runs the activity: planned, looked at, changed from one session on or as a whole, ended. No JavaScript."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from schedules import edits, recurrence, revisions, rrules, series, singles, walltimes
from schedules.errors import Malformed, NotFound, Refusal
from schedules.plans import SessionPlan
from schedules.series import Series, Template
from timebank.actions.activities.plan_series import SeriesChanged, end_series, plan_series, revise_series, see_series, try_rooms
from timebank.actions.activities.see_activity import SeenActivity, see_activity
from timebank.actions.activities.see_organiser import see_choices
from timebank.actions.preview import preview
from timebank.pages import meaning
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.meaning import Faults
from timebank.pages.organise import series_form
from timebank.pages.organise.series_form import LABELS, RoleRow, SeriesForm
from timebank.pages.render import go
from timebank.people.callers import Caller, NotAllowed, Right
from timebank.web import rule_form, rule_words
from timebank.web.access import needs
from timebank.web.request import Now, Who, language_of, request_key
from timebank.web.words import say

runs = [needs(Right.RUN_ACTIVITIES)]
SHOWN_MONTHS = 366


class Looked(msgspec.Struct, frozen=True):
    """What a form means, before it is saved: the next days, the months that are too short, what a change does."""

    seal: str
    sentence: str
    coming: list[series.Coming]
    short_months: list[str]
    outcome: SeriesChanged


@get("/organise/activities/{activity_id:uuid}/repeat", guards=runs)
async def ask_series(activity_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    """The form of a new series, begun with the activity's latest session."""
    seen = await _activity(caller, activity_id, now)
    return await form_page(request, caller, seen, _begun(seen, now))


@post("/organise/activities/{activity_id:uuid}/repeat", guards=runs)
async def take_series(activity_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """Shows what the series would be; saves it when that was shown."""
    seen, sent = await _activity(caller, activity_id, now), await request.form()
    form = series_form.typed(sent)
    if str(sent.get("do")) == "add-role":
        form.roles.append(RoleRow())
        return await form_page(request, caller, seen, form)
    try:
        wanted = series_form.template_of(form)
        if str(sent.get("do")) != "save" or str(sent.get("seal")) != meaning.seal(wanted):
            outcome = await preview(plan_series, caller, activity_id, wanted, now)
            looked = _looked(request, wanted, seen.activity.time_zone, outcome, now)
            return await form_page(request, caller, seen, form, looked=looked)
        key = request_key(caller, str(sent.get("key", "")), [activity_id, wanted], now, "plan series")
        made = await plan_series.once(key, caller, activity_id, wanted, now)
    except (Faults, Refusal) as wrong:
        return await form_page(request, caller, seen, form, wrong=wrong)
    return go(f"/organise/series/{made.value.series_id}")


@get("/organise/series/{series_id:uuid}", guards=runs)
async def show_series(series_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    return await series_page(request, caller, series_id, now)


@get("/organise/series/{series_id:uuid}/edit", guards=runs)
async def ask_change(
    series_id: FromPath[UUID], request: Ask, caller: Who, now: Now, since: FromQuery[UUID | None] = None
) -> Response[str]:
    """The form of a series; with `since`, from this session on."""
    found = (await see_series(caller, series_id, now)).series
    seen = await _activity(caller, found.activity_id, now)
    form = series_form.of_template(await _from(found, since))
    return await form_page(request, caller, seen, form, found=found, since=since)


@post("/organise/series/{series_id:uuid}/edit", guards=runs)
async def take_change(series_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """Shows which sessions change, stay and go; saves when that was shown (schedule-14)."""
    found = (await see_series(caller, series_id, now)).series
    seen, sent = await _activity(caller, found.activity_id, now), await request.form()
    form, since = series_form.typed(sent), _id(str(sent.get("since", "")))
    if str(sent.get("do")) == "add-role":
        form.roles.append(RoleRow())
        return await form_page(request, caller, seen, form, found=found, since=since)
    try:
        wanted = series_form.template_of(form)
        outcome = await preview(revise_series, caller, series_id, wanted, since, now)
        looked = _looked(request, wanted, found.time_zone, outcome, now)
        if str(sent.get("do")) != "save" or str(sent.get("seal")) != looked.seal:
            return await form_page(request, caller, seen, form, found=found, since=since, looked=looked)
        made = await revise_series(caller, series_id, wanted, since, now)
    except (Faults, Refusal) as wrong:
        return await form_page(request, caller, seen, form, found=found, since=since, wrong=wrong)
    return go(f"/organise/series/{made.series_id}")


class LastDay(msgspec.Struct):
    """`from_on`: no session from this day on."""

    from_on: Short = ""
    do: Short = ""
    seal: Short = ""


@post("/organise/series/{series_id:uuid}/end", guards=runs)
async def end(series_id: FromPath[UUID], data: URLEncodedBody[LastDay], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """Shows which sessions stay and which go; ends the series when that was shown (schedule-16)."""
    try:
        from_on = _day(data.from_on)
        outcome = await preview(end_series, caller, series_id, from_on, now)
        seal = meaning.seal([from_on, outcome])
        if data.do != "save" or data.seal != seal:
            return await series_page(request, caller, series_id, now, ending=outcome, from_on=data.from_on, seal=seal)
        await end_series(caller, series_id, from_on, now)
    except Refusal as refusal:
        return await series_page(request, caller, series_id, now, refusal=refusal, from_on=data.from_on)
    return go(f"/organise/series/{series_id}")


@post("/organise/series/{series_id:uuid}/rooms", guards=runs)
async def ask_rooms(series_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    """Tries the rooms that were taken again."""
    await try_rooms(caller, series_id, now)
    return go(f"/organise/series/{series_id}")


async def series_page(
    request: Ask,
    caller: Caller,
    series_id: UUID,
    now: datetime,
    *,
    refusal: Refusal | None = None,
    ending: SeriesChanged | None = None,
    from_on: str = "",
    seal: str = "",
) -> Response[str]:
    seen = await see_series(caller, series_id, now)
    return draw(
        request,
        "organise/series.html",
        refusal,
        seen=seen,
        series=seen.series,
        sentence=rule_words.sentence(seen.series.parsed, seen.series.first_on, language_of(request)),
        ending=ending,
        from_on=from_on,
        seal=seal,
    )


async def form_page(
    request: Ask,
    caller: Caller,
    seen: SeenActivity,
    form: SeriesForm,
    *,
    found: Series | None = None,
    since: UUID | None = None,
    looked: Looked | None = None,
    wrong: Faults | Refusal | None = None,
) -> Response[str]:
    """The form with what was typed; with `looked`, what it means above the button that saves it."""
    if isinstance(wrong, Malformed):
        wrong = Faults({series_form.field_of(wrong.field): wrong.reason})
    language = language_of(request)
    by_field = wrong.by_field if isinstance(wrong, Faults) else {}
    answer = draw(
        request,
        "organise/series_form.html",
        wrong if isinstance(wrong, Refusal) else None,
        activity=seen.activity,
        form=form,
        faults=meaning.in_words(by_field, language),
        names={field: say(language, LABELS[field]) if field in LABELS else "" for field in by_field},
        weekdays=rule_words.weekday_names(language),
        choices=await see_choices(caller),
        found=found,
        since=since,
        looked=looked,
        address=f"/organise/series/{found.id}/edit" if found else f"/organise/activities/{seen.activity.id}/repeat",
    )
    if by_field:
        answer.status_code = 400
    return answer


def _looked(request: Ask, wanted: Template, zone: str, outcome: SeriesChanged, now: datetime) -> Looked:
    language, rule = language_of(request), rrules.parse(wanted.rule)
    until = date.fromordinal(wanted.first_on.toordinal() + SHOWN_MONTHS)
    return Looked(
        meaning.seal([wanted, [one.session_id for one in outcome.goes]] if outcome.goes else wanted),
        rule_words.sentence(rule, wanted.first_on, language),
        series.coming(wanted, zone, now),
        [rule_words.month(month, language) for month in recurrence.skipped_months(rule, wanted.first_on, until)],
        outcome,
    )


async def _from(found: Series, since: UUID | None) -> Template:
    """The series as it is from a session on, so that what is counted is what is left."""
    if since is None:
        return found.template
    series_id, day = await revisions.day_of(since)
    if series_id != found.id:
        raise NotFound(what="session")
    return series.remaining(found, day)


async def _activity(caller: Caller, activity_id: UUID, now: datetime) -> SeenActivity:
    seen = await see_activity(caller, activity_id, now)
    if not seen.may_run:
        raise NotAllowed(right=Right.RUN_ACTIVITIES.value)
    return seen


def _begun(seen: SeenActivity, now: datetime) -> SeriesForm:
    if not seen.sessions:
        today = walltimes.day_of(now, seen.activity.time_zone)
        return SeriesForm(rule=rule_form.blank(today), first_on=str(today), roles=[RoleRow()])
    session = seen.sessions[-1].session
    as_it_is = edits.as_edit(session)
    plan = SessionPlan(starts=as_it_is.starts, ends=as_it_is.ends, space_id=as_it_is.space_id, place=as_it_is.place)
    return series_form.of_session(plan, singles.roles_of(session))


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Malformed(field="from_on", reason="a day such as 2026-12-31") from error


routes: list[Any] = [ask_series, take_series, show_series, ask_change, take_change, end, ask_rooms]
