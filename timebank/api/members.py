"""Members, as staff see and serve them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from timebank.actions.door.door import reach
from timebank.actions.people.cards import Card, issue_pass, print_cards, replace_pass
from timebank.actions.people.members import (
    Joining,
    change_member,
    create_member,
    restore_member,
    see_member,
    set_pin,
    suspend_member,
)
from timebank.people import directory
from timebank.people.callers import Right
from timebank.people.directory import Face
from timebank.people.guardians import Given
from timebank.people.members import Change, Language, Member, Sex
from timebank.web.access import needs
from timebank.web.answers import Made
from timebank.web.door import scanner
from timebank.web.request import Key, Now, Who, request_key

Short = Annotated[str, Meta(max_length=100)]
Long = Annotated[str, Meta(max_length=1000)]
staff = [needs(Right.MANAGE_MEMBERS)]


class NewMember(msgspec.Struct, forbid_unknown_fields=True):
    """`door` empty: a household of one's own; the same door in the same community: the same household."""

    community_id: UUID
    name: Short
    door: Short = ""
    phone: Short = ""
    language: Language = "zh"
    sex: Sex | None = None
    born_on: date | None = None
    skills: Annotated[list[Short], Meta(max_length=20)] = []
    staff_note: Long = ""
    guardian: Given | None = None
    """What a guardian has said, for somebody under 18; under 14 nobody is taken without."""
    recruiter_number: Annotated[int, Meta(ge=1, le=2**53)] | None = None
    """Of the member who brought them along, where the rules pay for that: else 400 `recruits_off`."""


class ChangedMember(msgspec.Struct, forbid_unknown_fields=True):
    """What is absent stays; an empty phone takes the number away."""

    name: Short | msgspec.UnsetType = msgspec.UNSET
    phone: Short | msgspec.UnsetType = msgspec.UNSET
    language: Language | msgspec.UnsetType = msgspec.UNSET
    staff_note: Long | msgspec.UnsetType = msgspec.UNSET


class Line(msgspec.Struct):
    """`phone` is masked in lists."""

    id: UUID
    number: int
    name: str
    phone: str
    state: str
    community: str


class Lines(msgspec.Struct):
    """`after` is the cursor of the next page; none: this was the last."""

    members: list[Line]
    after: int | None


class Reason(msgspec.Struct, forbid_unknown_fields=True):
    reason: Long


class Pin(msgspec.Struct, forbid_unknown_fields=True):
    pin: Short


@get("/api/v1/members", guards=staff)
async def get_members(
    caller: Who,
    q: FromQuery[Short] = "",
    after: Annotated[int, QueryParameter(ge=0, le=2**62)] = 0,
    limit: Annotated[int, QueryParameter(ge=1, le=100)] = 30,
) -> Lines:
    """Members within reach, by number; `q` is part of a name, a number, the end of a phone, a door, a typed code."""
    found = await directory.search(q, caller.nodes(Right.MANAGE_MEMBERS), after, limit)
    lines = [Line(each.id, each.number, each.name, each.masked_phone, each.state, each.community) for each in found]
    return Lines(lines, found[-1].number if len(found) == limit else None)


@get("/api/v1/desk/members", guards=[scanner])
async def get_faces(caller: Who, q: FromQuery[Short] = "") -> list[Face]:
    """Members whom a desk may find, by four letters of the name or more: who they are, never how to reach them."""
    return await directory.search_at_desk(q, reach(caller))


@post("/api/v1/members", guards=staff)
async def post_member(data: JSONBody[NewMember], caller: Who, now: Now, key: Key = None) -> Response[Made]:
    """A new member with a household and a points account."""
    asked = Joining(**{**msgspec.structs.asdict(data), "skills": tuple(data.skills)})
    answer = await create_member.once(request_key(caller, key, data, now, "create member"), caller, asked, now)
    return Response(Made(answer.value), status_code=200 if answer.is_replay else 201)


@get("/api/v1/members/{member_id:uuid}", guards=staff)
async def get_member(member_id: FromPath[UUID], caller: Who) -> Member:
    return await see_member(caller, member_id)


@patch("/api/v1/members/{member_id:uuid}", guards=staff)
async def patch_member(member_id: FromPath[UUID], data: JSONBody[ChangedMember], caller: Who, now: Now) -> Member:
    """Safe to repeat. A changed phone signs the member out everywhere."""
    await change_member(caller, member_id, Change(**msgspec.structs.asdict(data)), now)
    return await see_member(caller, member_id)


@post("/api/v1/members/{member_id:uuid}/suspend", guards=staff, status_code=200)
async def post_suspend(member_id: FromPath[UUID], data: JSONBody[Reason], caller: Who, now: Now) -> Member:
    """Safe to repeat."""
    await suspend_member(caller, member_id, data.reason, now)
    return await see_member(caller, member_id)


@post("/api/v1/members/{member_id:uuid}/restore", guards=staff, status_code=200)
async def post_restore(member_id: FromPath[UUID], caller: Who, now: Now) -> Member:
    """Safe to repeat."""
    await restore_member(caller, member_id, now)
    return await see_member(caller, member_id)


@put("/api/v1/members/{member_id:uuid}/pin", guards=staff, status_code=204)
async def put_pin(member_id: FromPath[UUID], data: JSONBody[Pin], caller: Who, now: Now) -> None:
    """The PIN of the member's printed card: six digits. Safe to repeat."""
    await set_pin(caller, member_id, data.pin, now)


@post("/api/v1/members/{member_id:uuid}/pass", guards=staff, status_code=200)
async def post_pass(member_id: FromPath[UUID], caller: Who, now: Now) -> Card:
    """The member's pass, as a card shows it; made where there is none. Safe to repeat."""
    await issue_pass(caller, member_id, now)
    return (await print_cards(caller, [member_id], now)).cards[0]


@post("/api/v1/members/{member_id:uuid}/pass/replace", guards=staff, status_code=200)
async def post_new_pass(member_id: FromPath[UUID], caller: Who, now: Now) -> Card:
    """A new pass; the old one is refused from now on."""
    await replace_pass(caller, member_id, now)
    return (await print_cards(caller, [member_id], now)).cards[0]


routes: list[Any] = [
    get_members,
    get_faces,
    post_member,
    get_member,
    patch_member,
    post_suspend,
    post_restore,
    put_pin,
    post_pass,
    post_new_pass,
]
