"""The form of a series: what was typed, kept as text, and the template that it means."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from schedules import rrules, series
from schedules.errors import Malformed
from schedules.plans import RolePlan, SessionPlan
from schedules.series import WEEKS_AHEAD, Template
from timebank.pages.meaning import MISSING, NO_DAY, NO_NUMBER, NO_TIME, TOO_MUCH, Faults, read, wall_time
from timebank.pages.organise.plan_meaning import NO_PLACE
from timebank.web import rule_form
from timebank.web.rule_form import RuleForm
from timebank.web.words import _

MOST_ROLES = 20
LABELS = {
    "first_on": _("It begins on"),
    "starts": _("Starts"),
    "ends": _("Ends"),
    "space": _("Room"),
    "place": _("Place in words"),
    "note": _("A word to everybody who looks at a date"),
    "note_en": _("The same in English (if you like)"),
    "weeks_ahead": _("Weeks ahead"),
    "every": _("How often"),
    "weekday-0": _("Weekdays"),
    "dates": _("Days"),
    "text": _("Rule"),
    "until": _("Last day"),
    "count": _("Number of times"),
}
"""What fields are called where all that is wrong is listed."""


class RoleRow(msgspec.Struct):
    name: str = ""
    name_en: str = ""
    places: str = ""


class SeriesForm(msgspec.Struct):
    """Everything as typed; an end at or before the start is the next day."""

    rule: RuleForm
    first_on: str = ""
    starts: str = ""
    ends_at: str = ""
    space: str = ""
    place: str = ""
    note: str = ""
    note_en: str = ""
    weeks_ahead: str = str(WEEKS_AHEAD)
    roles: list[RoleRow] = []


PLAIN = [name for name in SeriesForm.__struct_fields__ if name not in ("rule", "roles")]


def typed(sent: Mapping[str, Any]) -> SeriesForm:
    """The form as the browser sent it; rows without any word are left out."""
    plain = {name: str(sent.get(name, "")) for name in PLAIN}
    rows = [
        RoleRow(*(str(sent.get(f"role-{number}-{name}", "")) for name in RoleRow.__struct_fields__))
        for number in range(MOST_ROLES)
    ]
    return msgspec.convert(
        plain | {"rule": rule_form.typed(sent), "roles": [row for row in rows if row.name.strip() or row.places.strip()]},
        SeriesForm,
    )


def of_template(wanted: Template) -> SeriesForm:
    """The form that means this series."""
    return SeriesForm(
        rule=rule_form.of_rule(rrules.parse(wanted.rule), wanted.first_on),
        first_on=str(wanted.first_on),
        starts=f"{wanted.starts:%H:%M}",
        ends_at=f"{wanted.ends:%H:%M}",
        space=str(wanted.space_id or ""),
        place=wanted.place,
        note=wanted.note,
        note_en=wanted.note_en,
        weeks_ahead=str(wanted.weeks_ahead),
        roles=[RoleRow(role.name, role.name_en, "" if role.places is None else str(role.places)) for role in wanted.roles],
    )


def of_session(session: SessionPlan, roles: list[RolePlan]) -> SeriesForm:
    """A form to begin with: every week on the day of a session, as that session is."""
    wanted = Template(
        rule="FREQ=WEEKLY",
        first_on=session.starts.date(),
        starts=session.starts.time(),
        ends=session.ends.time(),
        space_id=session.space_id,
        place=session.place,
        roles=tuple(roles),
    )
    return of_template(wanted)


def template_of(form: SeriesForm) -> Template:
    """The series that was typed. Raises Faults with every field that makes no sense."""
    faults: dict[str, str] = {}
    values: dict[str, Any] = {"note": form.note.strip(), "note_en": form.note_en.strip(), "place": form.place.strip()}
    values["rule"] = rule_form.rule_of(form.rule, faults)
    values["first_on"] = read(date.fromisoformat, form.first_on, "first_on", NO_DAY, faults)
    values["starts"] = read(wall_time, form.starts, "starts", NO_TIME, faults)
    values["ends"] = read(wall_time, form.ends_at, "ends_at", NO_TIME, faults)
    values["space_id"] = form.space.strip() or None
    if not form.space.strip() and not form.place.strip():
        faults["space"] = NO_PLACE
    values["weeks_ahead"] = read(int, form.weeks_ahead, "weeks_ahead", NO_NUMBER, faults)
    values["roles"] = [_role(row, f"role-{number}", faults) for number, row in enumerate(form.roles)]
    if not form.roles:
        faults["role-0-name"] = MISSING
    if faults:
        raise Faults(faults)
    return _checked(values)


def _checked(values: dict[str, Any]) -> Template:
    try:
        wanted = msgspec.convert(values, Template)
        series.check(wanted)
    except msgspec.ValidationError as error:
        field = str(error).partition("`$.")[2].split("`")[0].split("[")[0]
        raise Faults({field_of(field): TOO_MUCH}) from error
    except Malformed as error:
        raise Faults({field_of(error.field): error.reason}) from error
    return wanted


def field_of(name: str) -> str:
    """The id of the form's field for one of the template: `roles.1.name` is `role-1-name`."""
    if name.startswith("roles."):
        return name.replace("roles.", "role-").replace(".", "-")
    return {"rule": "every", "space_id": "space", "ends": "ends_at", "roles": "role-0-name"}.get(name, name)


def _role(row: RoleRow, prefix: str, faults: dict[str, str]) -> dict[str, Any]:
    if not row.name.strip():
        faults[f"{prefix}-name"] = MISSING
    places = None if not row.places.strip() else read(int, row.places, f"{prefix}-places", NO_NUMBER, faults)
    return {"name": row.name.strip(), "name_en": row.name_en.strip(), "places": places}
