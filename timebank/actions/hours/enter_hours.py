"""Hours that are entered afterwards, by the member or by staff for them: class C, pending until somebody else approves."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from schedules import sql
from schedules.errors import Malformed, NotFound
from schedules.no_shows import SayWhy
from timebank.actions.action import action
from timebank.actions.activities.see_activity import named
from timebank.communities import tree
from timebank.hours import entries, records
from timebank.hours.entries import DayNotPossible, Entry, EntryDecided, Later, MinutesNotPossible, NothingChanged
from timebank.people import audit, guardians, members
from timebank.people.callers import Caller, Right


class NobodyHasNumber(Malformed):
    """No member within the caller's reach has this number. Facts: field, number."""


OLDEST = timedelta(days=366)
LONGEST = 24 * 60


@action
async def enter_hours(caller: Caller, later: Later, now: datetime, member_id: UUID | None = None) -> UUID:
    """The caller's own, or with `member_id` another's, by who organises where they live.

    Raises SignInNeeded, NotAllowed, NotFound, ConsentMissing, Malformed where one of the seven fields is missing.
    """
    return await _enter(caller, later, now, member_id or caller.member())


async def _enter(caller: Caller, later: Later, now: datetime, person_id: UUID) -> UUID:
    node = await _home(person_id)
    if person_id != caller.member():
        caller.require(Right.RUN_ACTIVITIES, node.ancestor_ids)
    checked = _checked(later, now, node.time_zone)
    await guardians.require_day(person_id, checked.served_on, now, caller.id)
    made = await entries.send_later(checked, person_id, node.id, None, caller.member(), now)
    await audit.write(caller.id, "hours.entered", f"hours_entry:{made}", now, on_behalf_of=person_id)
    return made


@action
async def enter_hours_for(caller: Caller, number: int, later: Later, now: datetime) -> UUID:
    """As `enter_hours`, for the member with this number; what somebody served before a suspension counts.

    Raises NobodyHasNumber too.
    """
    found = await members.by_number(number, with_suspended=True)
    if found is None or not caller.may(Right.RUN_ACTIVITIES, (await tree.of_member(found)).ancestor_ids):
        raise NobodyHasNumber(field="number", number=number)
    return await _enter(caller, later, now, found)


@action
async def correct_record(caller: Caller, record_id: UUID, later: Later, now: datetime) -> UUID:
    """Other fields for hours that no stay stands behind, by the member or who organises where they live; with no minutes they
    are taken back. Somebody else approves; then it is the next version, and the earlier ones stay (rules.md 2 and 12, 10).

    Raises SignInNeeded, NotFound (also for a record that was taken back), Malformed, NothingChanged, EntryPending.
    """
    kept = await records.entered(record_id)
    node = await _home(kept.member_id)
    if kept.is_withdrawn or not (caller.member() == kept.member_id or caller.may(Right.RUN_ACTIVITIES, node.ancestor_ids)):
        raise NotFound(what="service_record")
    checked = _checked(later, now, node.time_zone, oldest=kept.served_on, least=0)
    if all(getattr(checked, name) == getattr(kept, name) for name in Later.__struct_fields__ if name != "reason"):
        raise NothingChanged(minutes=checked.service_minutes)
    made = await entries.send_later(checked, kept.member_id, node.id, None, caller.member(), now, corrects=kept.first_id)
    await audit.write(caller.id, "hours.corrected", f"hours_entry:{made}", now, on_behalf_of=kept.member_id)
    return made


@action
async def see_record(caller: Caller, record_id: UUID) -> records.Entered:
    """Hours that no stay stands behind, for who may correct them. Raises SignInNeeded, NotFound."""
    kept = await records.entered(record_id)
    node = await _home(kept.member_id)
    if caller.member() != kept.member_id and not caller.may(Right.RUN_ACTIVITIES, node.ancestor_ids):
        raise NotFound(what="service_record")
    return kept


@action
async def send_again(caller: Caller, entry_id: UUID, later: Later, now: datetime) -> UUID:
    """A rejected entry, corrected: a new one that replaces it, by whoever entered it; the first stays as it was (schedule-88).

    Raises SignInNeeded, NotFound (another's too), EntryDecided where it was not rejected or was sent again, ConsentMissing,
    Malformed.
    """
    entry = await entries.find(entry_id, locks=True)
    if entry.entered_by != caller.member():
        raise NotFound(what="hours_entry")
    if entry.state != "rejected" or entry.replaced_by:
        raise EntryDecided(state=entry.state)
    if entry.kind != "later" and entry.attendance_id:
        return await entries.send_stay(
            entry.attendance_id,
            entry.kind,
            "B",
            later.service_minutes,
            later.reason or entry.reason,
            caller.member(),
            now,
            entry_id,
        )
    node = await tree.node(entry.community_id)
    if entry.corrects:
        checked = _checked(later, now, node.time_zone, oldest=entry.served_on, least=0)
    else:
        checked = _checked(later, now, node.time_zone)
        await guardians.require_day(entry.member_id, checked.served_on, now, caller.id)
    return await entries.send_later(
        checked, entry.member_id, node.id, entry.session_id, caller.member(), now, entry_id, entry.corrects
    )


@action
async def see_entries(caller: Caller) -> list[Entry]:
    """The member's own and what they entered for others, the last first. Raises SignInNeeded."""
    return await entries.of_person(caller.member())


@action
async def see_pending(caller: Caller) -> list[Entry]:
    """What waits for a second person within the caller's reach. Raises SignInNeeded, NotAllowed."""
    caller.require(Right.APPROVE_HOURS)
    return await entries.pending(caller.nodes(Right.APPROVE_HOURS))


@action
async def see_entry(caller: Caller, entry_id: UUID) -> Entry:
    """For the member, whoever entered it, and whoever may decide. Raises SignInNeeded, NotFound."""
    entry = await entries.find(entry_id)
    may = caller.may(Right.APPROVE_HOURS, await tree.ancestors(entry.community_id))
    if caller.member() not in (entry.member_id, entry.entered_by) and not may:
        raise NotFound(what="hours_entry")
    return entry


def _checked(later: Later, now: datetime, time_zone: str, oldest: date | None = None, least: int = 1) -> Later:
    """With blanks cut off. Raises Malformed for an empty field, a day to come or long ago, more minutes than a day has."""
    text = {
        field: str(getattr(later, field)).strip()
        for field in ("activity_name", "place", "service_content", "organising_unit", "person_in_charge", "reason")
    }
    for field, value in text.items():
        if not value:
            raise SayWhy(field=field)
    today = now.astimezone(ZoneInfo(time_zone)).date()
    if not min(today - OLDEST, oldest or today) <= later.served_on <= today:
        raise DayNotPossible(field="served_on")
    if not least <= later.service_minutes <= LONGEST:
        raise MinutesNotPossible(field="service_minutes", longest=LONGEST)
    return msgspec.structs.replace(later, **text)


async def _home(person_id: UUID) -> tree.Node:
    if (
        person_id not in await named([person_id])
        or await sql.value("SELECT state FROM member WHERE id = $1", person_id) == "left"
    ):
        raise NotFound(what="member")
    return await tree.of_member(person_id)
