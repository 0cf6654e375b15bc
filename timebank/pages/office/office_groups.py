"""The office's pages about trusted groups, for whom sign-up opens earlier, and about partner organisations."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from schedules.errors import Malformed, Refusal
from timebank.actions.people.groups import (
    add_group,
    add_partner,
    change_partner,
    end_group,
    end_partner,
    put_in_group,
    see_group,
    see_groups,
    see_partners,
    take_out_of_group,
)
from timebank.communities.partners import KINDS, Kind
from timebank.pages.forms import Ask, Long, Short, draw
from timebank.pages.organise.organise_session import NobodyFits
from timebank.pages.render import go
from timebank.pages.where import node_id, where
from timebank.people import directory
from timebank.people.callers import Caller, Right
from timebank.web.access import needs
from timebank.web.request import Now, Who, request_key

staff = [needs(Right.MANAGE_MEMBERS)]


class GroupForm(msgspec.Struct):
    community_id: Short = ""
    name: Short = ""
    name_en: Short = ""
    hours: Short = "24"
    key: Short = ""


class PartnerForm(msgspec.Struct):
    community_id: Short = ""
    name: Short = ""
    name_en: Short = ""
    kind: Short = "public"
    contact: Long = ""
    key: Short = ""


class Member(msgspec.Struct):
    member: Short = ""


@get("/office/groups", guards=staff)
async def list_groups(request: Ask, caller: Who, at: FromQuery[str] = "") -> Response[str]:
    return await groups_page(request, caller, at)


@post("/office/groups", guards=staff)
async def take_group(data: URLEncodedBody[GroupForm], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        key = request_key(caller, data.key, data, now, "add group")
        minutes = _minutes(data.hours)
        made = await add_group.once(key, caller, node_id(data.community_id), data.name[:100], data.name_en[:100], minutes, now)
    except Refusal as refusal:
        return await groups_page(request, caller, data.community_id, refusal, data)
    return go(f"/office/groups/{made.value.id}")


async def groups_page(
    request: Ask, caller: Caller, at: str, refusal: Refusal | None = None, form: GroupForm | None = None
) -> Response[str]:
    found, places = await see_groups(caller), await where(caller, Right.MANAGE_MEMBERS, at)
    return draw(request, "groups/list.html", refusal, groups=found, where=places, form=form or GroupForm(), is_asking=bool(at))


def _minutes(text: str) -> int:
    """Raises Malformed."""
    try:
        hours = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        hours = Decimal(0)
    if not hours.is_finite() or not 0 < hours <= 1440:
        raise Malformed(field="hours", reason="a number of hours, for example 24")
    return max(1, int(hours * 60))


@get("/office/groups/{group_id:uuid}", guards=staff)
async def show_group(group_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    return await group_page(request, caller, group_id)


@post("/office/groups/{group_id:uuid}/put-in", guards=staff)
async def take_in(group_id: FromPath[UUID], data: URLEncodedBody[Member], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """By the number or the card of a member."""
    try:
        person_id = await directory.named(data.member, caller.nodes(Right.MANAGE_MEMBERS))
        if person_id is None:
            raise NobodyFits(field="member")
        await put_in_group(caller, group_id, person_id, now)
    except Refusal as refusal:
        return await group_page(request, caller, group_id, refusal, data.member)
    return go(f"/office/groups/{group_id}")


@post("/office/groups/{group_id:uuid}/people/{member_id:uuid}/take-out", guards=staff)
async def take_out(group_id: FromPath[UUID], member_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await take_out_of_group(caller, group_id, member_id, now)
    return go(f"/office/groups/{group_id}")


@post("/office/groups/{group_id:uuid}/end", guards=staff)
async def take_end(group_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await end_group(caller, group_id, now)
    return go("/office/groups")


async def group_page(
    request: Ask, caller: Caller, group_id: UUID, refusal: Refusal | None = None, typed: str = ""
) -> Response[str]:
    group, people = await see_group(caller, group_id)
    return draw(request, "groups/group.html", refusal, group=group, people=people, typed=typed)


@get("/office/partners", guards=staff)
async def list_partners(request: Ask, caller: Who, at: FromQuery[str] = "") -> Response[str]:
    return await partners_page(request, caller, at)


@post("/office/partners", guards=staff)
async def take_partner(data: URLEncodedBody[PartnerForm], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        key = request_key(caller, data.key, data, now, "add partner")
        at, kind = node_id(data.community_id), _kind(data.kind)
        await add_partner.once(key, caller, at, data.name[:100], data.name_en[:100], kind, data.contact[:500], now)
    except Refusal as refusal:
        return await partners_page(request, caller, data.community_id, refusal, data)
    return go("/office/partners")


@post("/office/partners/{partner_id:uuid}", guards=staff)
async def take_change(
    partner_id: FromPath[UUID], data: URLEncodedBody[PartnerForm], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        kind = _kind(data.kind)
        await change_partner(caller, partner_id, data.name[:100], data.name_en[:100], kind, data.contact[:500], now)
    except Refusal as refusal:
        return await partners_page(request, caller, "", refusal)
    return go("/office/partners")


@post("/office/partners/{partner_id:uuid}/end", guards=staff)
async def take_partner_end(partner_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await end_partner(caller, partner_id, now)
    return go("/office/partners")


@post("/office/partners/{partner_id:uuid}/bring-back", guards=staff)
async def take_partner_back(partner_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await end_partner(caller, partner_id, now, is_back=True)
    return go("/office/partners")


async def partners_page(
    request: Ask, caller: Caller, at: str, refusal: Refusal | None = None, form: PartnerForm | None = None
) -> Response[str]:
    found, places = await see_partners(caller), await where(caller, Right.MANAGE_MEMBERS, at)
    return draw(
        request,
        "groups/partners.html",
        refusal,
        partners=found,
        where=places,
        form=form or PartnerForm(),
        is_asking=bool(at),
    )


def _kind(text: str) -> Kind:
    if text not in KINDS:
        raise Malformed(field="kind", reason=f"one of {', '.join(KINDS)}")
    return text


routes: list[Any] = [
    list_groups,
    take_group,
    show_group,
    take_in,
    take_out,
    take_end,
    list_partners,
    take_partner,
    take_change,
    take_partner_end,
    take_partner_back,
]
