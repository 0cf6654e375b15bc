"""The office's pages about members: search, add, and one member with all that can be done."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from schedules import agendas, bookings, walltimes
from schedules.errors import Malformed, Refusal
from timebank.actions.people.cards import issue_pass, replace_pass
from timebank.actions.people.members import (
    Joining,
    change_member,
    create_member,
    restore_member,
    see_member,
    set_pin,
    suspend_member,
)
from timebank.actions.people.phone_pass import phones_of
from timebank.communities import tree
from timebank.pages.forms import Ask, Long, Short, draw, member_number
from timebank.pages.office import guardians
from timebank.pages.render import go
from timebank.pages.where import Where, in_force, node_id, where
from timebank.people import audit, departures, directory, members, passes, passwords, roles
from timebank.people.callers import Caller, Right
from timebank.people.departures import AlreadyLeft
from timebank.people.guardians import minor as minor_of
from timebank.people.members import Change, Member
from timebank.points import wallets
from timebank.points.recruits import RecruiterUnfit
from timebank.web.access import needs
from timebank.web.request import Now, Who, request_key

staff = [needs(Right.MANAGE_MEMBERS)]


class NewMember(msgspec.Struct):
    """As typed."""

    community_id: Short = ""
    name: Short = ""
    door: Short = ""
    phone: Short = ""
    chosen_language: Short = "zh"
    born_on: Short = ""
    staff_note: Long = ""
    guardian_number: Short = ""
    guardian_name: Short = ""
    relation: Short = "parent"
    how: Short = "paper"
    paper_at: Short = ""
    recruiter_number: Short = ""
    key: Short = ""


class ChangedMember(msgspec.Struct):
    name: Short = ""
    phone: Short = ""
    chosen_language: Short = "zh"
    staff_note: Long = ""


class Pin(msgspec.Struct):
    pin: Short = ""


class Reason(msgspec.Struct):
    reason: Long = ""


@get("/office/members", guards=staff)
async def list_members(request: Ask, caller: Who, q: FromQuery[str] = "", after: FromQuery[int] = 0) -> Response[str]:
    found = await directory.search(q[:100], caller.nodes(Right.MANAGE_MEMBERS), after, with_left=True)
    return draw(request, "office/members.html", found=found, q=q, is_full=len(found) == directory.PAGE, after=after)


@get("/office/members/new", guards=staff)
async def new_member(request: Ask, caller: Who, now: Now, at: FromQuery[str] = "") -> Response[str]:
    return await _draw_new(request, await where(caller, Right.MANAGE_MEMBERS, at), now, NewMember())


async def _draw_new(request: Ask, place: Where, now: Now, typed: NewMember, refusal: Refusal | None = None) -> Response[str]:
    rules = await in_force(place.at, now)
    pays = rules is not None and rules.recruit_units is not None
    return draw(request, "office/new_member.html", refusal, where=place, typed=typed, pays_recruiter=pays)


@post("/office/members", guards=staff)
async def take_member(data: URLEncodedBody[NewMember], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        key = request_key(caller, data.key, data, now, "create member")
        made = (await create_member.once(key, caller, joining(data, await _today(caller, now)), now)).value
    except Refusal as refusal:
        place = await where(caller, Right.MANAGE_MEMBERS, data.community_id)
        return await _draw_new(request, place, now, data, refusal)
    return go(f"/office/members/{made}?new=1")


async def _today(caller: Caller, now: Now) -> date:
    return walltimes.day_of(now, (await tree.of_member(caller.member())).time_zone)


def joining(data: NewMember, today: date) -> Joining:
    """What was typed as the action takes it; a guardian who is named has agreed today. Raises Malformed, GuardianUnfit."""
    typed: dict[str, Any] = {name: getattr(data, name) for name in ("name", "door", "phone", "staff_note")}
    if data.guardian_name.strip() or data.guardian_number.strip():
        fields = {name: getattr(data, name) for name in ("guardian_number", "guardian_name", "relation", "how", "paper_at")}
        typed["guardian"] = guardians.given(guardians.Typed(**fields, given_on=str(today)))
    typed["recruiter_number"] = member_number(data.recruiter_number)
    if typed["recruiter_number"] is None and data.recruiter_number.strip():
        raise RecruiterUnfit(field="recruiter_number", reason="not a number")
    typed |= {"language": data.chosen_language, "community_id": node_id(data.community_id), "born_on": data.born_on or None}
    try:
        return msgspec.convert(typed, Joining)
    except msgspec.ValidationError as error:
        raise Malformed(field="born_on" if "born_on" in str(error) else "", reason=str(error)) from error


@get("/office/members/{member_id:uuid}", guards=staff)
async def one_member(member_id: FromPath[UUID], request: Ask, caller: Who, now: Now, new: FromQuery[str] = "") -> Response[str]:
    return await draw_member(request, caller, member_id, now, is_new=bool(new))


async def draw_member(
    request: Ask,
    caller: Caller,
    member_id: UUID,
    now: Now,
    refusal: Refusal | None = None,
    typed: str = "",
    is_new: bool = False,
) -> Response[str]:
    member = await see_member(caller, member_id)
    if member.state == "left":
        return await _draw_former(request, caller, member, refusal)
    node = await tree.node(member.community_id)
    sees_points = caller.may(Right.READ_LEDGER, node.ancestor_ids)
    return draw(
        request,
        "office/member.html",
        refusal,
        typed=typed,
        is_new=is_new,
        member=member,
        zone=node.time_zone,
        household=[each for each in await members.of_household(member.household_id) if each.id != member_id],
        held=await roles.of_member(member_id),
        has_pin=await passwords.has(member_id, "pin"),
        card=await passes.current(member_id),
        phones=await phones_of(caller, member_id, now),
        agenda=await agendas.of_person(member_id, now, 10),
        bookings=[each for each in await bookings.of_person(member_id, now, limit=10) if not each.is_cancelled],
        balance=await wallets.balance(member_id) if sees_points else None,
        minor=await minor_of(member_id, now),
        entries=await audit.about(f"member:{member_id}", 20),
    )


async def _draw_former(request: Ask, caller: Caller, member: Member, refusal: Refusal | None) -> Response[str]:
    """Who has left or died. Without a row of their leaving, an import that had made them was undone."""
    node = await tree.node(member.community_id)
    return draw(
        request,
        "office/former.html",
        refusal,
        member=member,
        zone=node.time_zone,
        gone=await departures.found(member.id),
        sees_points=caller.may(Right.READ_LEDGER, node.ancestor_ids),
        entries=await audit.about(f"member:{member.id}", 20),
    )


@get("/office/members/{member_id:uuid}/change", guards=staff)
async def edit_member(member_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    member = await see_member(caller, member_id)
    typed = ChangedMember(member.name, member.phone or "", member.language, member.staff_note)
    return draw(request, "office/change_member.html", member=member, typed=typed)


def changed(data: ChangedMember) -> dict[str, str]:
    """What was typed, by the names of the action."""
    return {"name": data.name, "phone": data.phone, "language": data.chosen_language, "staff_note": data.staff_note}


@post("/office/members/{member_id:uuid}/change", guards=staff)
async def take_change(
    member_id: FromPath[UUID], data: URLEncodedBody[ChangedMember], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await change_member(caller, member_id, msgspec.convert(changed(data), Change), now)
    except Refusal as refusal:
        return draw(request, "office/change_member.html", refusal, member=await see_member(caller, member_id), typed=data)
    return go(f"/office/members/{member_id}")


@post("/office/members/{member_id:uuid}/pin", guards=staff)
async def take_pin(member_id: FromPath[UUID], data: URLEncodedBody[Pin], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        await set_pin(caller, member_id, data.pin, now)
    except Refusal as refusal:
        return await draw_member(request, caller, member_id, now, refusal)
    return go(f"/office/members/{member_id}")


@post("/office/members/{member_id:uuid}/suspend", guards=staff)
async def take_suspension(
    member_id: FromPath[UUID], data: URLEncodedBody[Reason], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await suspend_member(caller, member_id, data.reason, now)
    except Refusal as refusal:
        return await draw_member(request, caller, member_id, now, refusal, data.reason)
    return go(f"/office/members/{member_id}")


@post("/office/members/{member_id:uuid}/restore", guards=staff)
async def take_restoration(member_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await restore_member(caller, member_id, now)
    return go(f"/office/members/{member_id}")


@post("/office/members/{member_id:uuid}/pass", guards=staff)
async def take_pass(member_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """A pass where there is none."""
    try:
        await issue_pass(caller, member_id, now)
    except AlreadyLeft as refusal:
        return await draw_member(request, caller, member_id, now, refusal)
    return go(f"/office/members/{member_id}")


@post("/office/members/{member_id:uuid}/pass/replace", guards=staff)
async def take_new_pass(member_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """The old one is void; the new card is printed next."""
    try:
        await replace_pass(caller, member_id, now)
    except AlreadyLeft as refusal:
        return await draw_member(request, caller, member_id, now, refusal)
    return go("/office/cards?" + urlencode({"member": str(member_id)}))


routes: list[Any] = [
    list_members,
    new_member,
    take_member,
    one_member,
    edit_member,
    take_change,
    take_pin,
    take_suspension,
    take_restoration,
    take_pass,
    take_new_pass,
]
