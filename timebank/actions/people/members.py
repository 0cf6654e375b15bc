"""What staff do for members, and members for themselves: each deed leaves a row in the audit."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from schedules.errors import Malformed
from timebank.actions.action import action
from timebank.communities import tree
from timebank.people import audit, departures, guardians, households, members, passes, passwords, phones, pins, roles, sign_in
from timebank.people.callers import Caller, Right
from timebank.people.departures import AlreadyLeft
from timebank.people.guardians import Given
from timebank.people.members import Change, Language, Member, NewMember, Sex
from timebank.points import accounts, recruits


class ReasonNeeded(Malformed):
    """Facts: field, reason."""


class Joining(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new member as staff enter it. Who lives behind one `door` shares a household; an empty one makes a new household."""

    community_id: UUID
    name: str
    door: str = ""
    phone: str = ""
    language: Language = "zh"
    sex: Sex | None = None
    born_on: date | None = None
    skills: tuple[str, ...] = ()
    staff_note: str = ""
    guardian: Given | None = None
    """What a guardian has said, for somebody under 18."""
    recruiter_number: int | None = None
    """Of the member who brought them along, where the rules pay for that."""


@action
async def create_member(caller: Caller, asked: Joining, now: datetime) -> UUID:
    """A member with a household, a points account and a pass, which printed does what the phone does for others.

    Raises NotAllowed, NotFound (community), NotAPhoneNumber, NameNeeded, PhoneTaken, GuardianNeeded under fourteen without a
    guardian's consent, and what `guardians.record` and `recruits.record` raise.
    """
    node = await tree.node(asked.community_id)
    caller.require(Right.MANAGE_MEMBERS, node.ancestor_ids)
    new = NewMember(
        household_id=await households.at(node.id, asked.door.strip()),
        name=asked.name,
        phone=phones.normal(asked.phone) if asked.phone.strip() else "",
        language=asked.language,
        sex=asked.sex,
        born_on=asked.born_on,
        skills=asked.skills,
        staff_note=asked.staff_note,
        has_guardian=asked.guardian is not None,
    )
    there = now.astimezone(ZoneInfo(node.time_zone))
    made = await members.create(new, there)
    if asked.guardian is not None:
        await _agreed(caller, made, asked, asked.guardian, there)
    await accounts.open_for(made)
    if asked.recruiter_number is not None:
        await recruits.record(made, asked.recruiter_number, caller.member(), now)
    await passes.issue(made, now)
    await audit.write(caller.id, "member.created", f"member:{made}", now, on_behalf_of=made, has_phone=bool(new.phone))
    return made


async def _agreed(caller: Caller, member_id: UUID, asked: Joining, given: Given, there: datetime) -> None:
    """`there`: now, on the community's wall."""
    if asked.born_on is None or members.age(asked.born_on, there.date()) >= guardians.ALONE_FROM:
        raise guardians.OfAge(field="guardian_name", years=guardians.ALONE_FROM)
    await guardians.record(member_id, asked.born_on, given, caller.member(), there.date(), there)
    await audit.write(caller.id, "guardian.agreed", f"member:{member_id}", there, on_behalf_of=member_id, how=given.how)


async def see_member(caller: Caller, member_id: UUID) -> Member:
    """A member as staff see it. Raises NotFound, and NotAllowed where the member lives out of the caller's reach."""
    caller.require(Right.MANAGE_MEMBERS, (await tree.of_member(member_id)).ancestor_ids)
    return await members.one(member_id)


async def require_power_over(caller: Caller, member_id: UUID) -> None:
    """Staff may not rename, take the place of, or silence a colleague who holds a role that they could not have given."""
    caller.require(Right.MANAGE_MEMBERS, (await tree.of_member(member_id)).ancestor_ids)
    for held in await roles.of_member(member_id):
        caller.require(Right.GRANT_ROLES, await tree.ancestors(held.community_id))


@action
async def change_member(caller: Caller, member_id: UUID, wanted: Change, now: datetime) -> None:
    """Name, phone, language, note. A changed phone signs the member out everywhere.

    Raises NotFound, NotAllowed, AlreadyLeft, NameNeeded, NotAPhoneNumber, PhoneTaken. The audit keeps what was changed, not the
    values.
    """
    await require_power_over(caller, member_id)
    before = await members.one(member_id)
    if before.state == "left":
        raise AlreadyLeft()
    if isinstance(wanted.phone, str):
        wanted = msgspec.structs.replace(wanted, phone=phones.normal(wanted.phone) if wanted.phone.strip() else "")
        if wanted.phone != (before.phone or ""):
            await sign_in.end_all(member_id, now)
    await members.change(member_id, wanted)
    after = await members.one(member_id)
    fields = [name for name in Change.__struct_fields__ if getattr(before, name) != getattr(after, name)]
    if fields:
        await audit.write(caller.id, "member.changed", f"member:{member_id}", now, on_behalf_of=member_id, fields=fields)


@action
async def suspend_member(caller: Caller, member_id: UUID, reason: str, now: datetime) -> None:
    """The member can still sign in and read, but is refused at the door and at the kiosk, and roles rest.

    Raises NotFound, NotAllowed, ReasonNeeded. The reason is for staff only.
    """
    await require_power_over(caller, member_id)
    if not reason.strip():
        raise ReasonNeeded(field="reason", reason="empty")
    await members.set_state(member_id, "suspended", reason.strip())
    await audit.write(caller.id, "member.suspended", f"member:{member_id}", now, reason=reason.strip())


@action
async def restore_member(caller: Caller, member_id: UUID, now: datetime) -> None:
    """Takes a suspension back. Raises NotFound, NotAllowed. Safe to repeat."""
    await require_power_over(caller, member_id)
    await members.set_state(member_id, "active", "")
    await audit.write(caller.id, "member.restored", f"member:{member_id}", now)


async def set_pin(caller: Caller, member_id: UUID, pin: str, now: datetime) -> None:
    """The PIN of the member's card, by the member or by staff; its tries count anew. Hashed before the transaction.

    Raises PinNotFit, NotAllowed, NotFound, AlreadyLeft.
    """
    await _keep_pin(caller, member_id, await pins.prepare(pin), now)


@action
async def _keep_pin(caller: Caller, member_id: UUID, prepared: str, now: datetime) -> None:
    if caller.member() != member_id:
        await require_power_over(caller, member_id)
    await departures.require_here(member_id)
    await passwords.keep(member_id, "pin", prepared, now)
    await pins.open_again(member_id)
    await audit.write(caller.member(), "member.pin_set", f"member:{member_id}", now, on_behalf_of=member_id)


async def set_password(caller: Caller, password: str, token: str, now: datetime) -> None:
    """The caller's own password; every other browser is signed out, the one that holds `token` stays.

    Raises PasswordTooShort, PasswordTooLong, SignInNeeded. Hashed before the transaction.
    """
    await _keep_password(caller, await passwords.prepare(password), token, now)


@action
async def _keep_password(caller: Caller, prepared: str, token: str, now: datetime) -> None:
    await passwords.keep(caller.member(), "password", prepared, now)
    await sign_in.end_all(caller.member(), now, but=token)
    await audit.write(caller.member(), "member.password_set", f"member:{caller.member_id}", now)


@action
async def choose_language(caller: Caller, language: Language, now: datetime) -> None:
    """The language in which the member is written and spoken to. Raises SignInNeeded."""
    await members.change(caller.member(), Change(language=language))
    await audit.write(caller.member(), "member.changed", f"member:{caller.member_id}", now, fields=["language"])


@action
async def sign_out_elsewhere(caller: Caller, token: str, now: datetime) -> int:
    """Every browser but the one that holds `token`; answers how many. Raises SignInNeeded. Safe to repeat."""
    ended = await sign_in.end_all(caller.member(), now, but=token)
    await audit.write(caller.member(), "member.signed_out_elsewhere", f"member:{caller.member_id}", now, count=ended)
    return ended
