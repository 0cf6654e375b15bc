"""Staff keep what a guardian has said, on paper or in person; the guardian, the member or staff take it back at any time."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from schedules import changes, signups, sql, tasks, walltimes
from schedules.errors import NotFound
from timebank.actions.action import action
from timebank.actions.activities.tasks import give_back
from timebank.actions.signups.withdraw import freed
from timebank.communities import tree
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people import audit, guardians
from timebank.people.callers import Caller, NotAllowed, Right
from timebank.people.guardians import ALONE_FROM, CONSENT_ENDED, Consent, Given, Minor, OfAge


class Standing(msgspec.Struct, frozen=True):
    """`minor` is None for who is of age; `consents`: the one that stands first, then those that were taken back.

    `born_on` is none where nobody has entered it.
    """

    minor: Minor | None
    consents: list[Consent]
    born_on: date | None


class Own(msgspec.Struct, frozen=True):
    """What the member reads: their own standing, and whom they have agreed for as a guardian."""

    own: Standing
    given: list[Consent]


class Kept(msgspec.Struct, frozen=True):
    """The consent; `withdrawn`: places and tasks that the member lost with it."""

    consent_id: UUID
    withdrawn: int = 0


AHEAD = """
SELECT u.id FROM signup u JOIN session s ON s.id = u.session_id
 WHERE u.person_id = $1 AND s.closes_at > $2 AND s.state = 'planned'
   AND u.state IN ('requested', 'confirmed', 'waiting', 'offered')
   AND NOT EXISTS (SELECT FROM attendance h WHERE h.signup_id = u.id AND h.state = 'counts')
 ORDER BY u.role_id
"""


async def see_consents(caller: Caller, member_id: UUID, now: datetime) -> Standing:
    """For staff. Raises SignInNeeded, NotAllowed, NotFound."""
    await _reached(caller, member_id)
    return await _standing(member_id, now)


async def see_own_consents(caller: Caller, now: datetime) -> Own:
    """Raises SignInNeeded."""
    return Own(await _standing(caller.member(), now), await guardians.by_guardian(caller.member(), now))


async def _standing(member_id: UUID, now: datetime) -> Standing:
    born_on = await sql.value("SELECT born_on FROM member WHERE id = $1", member_id)
    return Standing(await guardians.minor(member_id, now), await guardians.of_member(member_id), born_on)


@action
async def record_consent(caller: Caller, member_id: UUID, given: Given, now: datetime) -> Kept:
    """By staff, never by the person it is about. The member and a guardian who is one are told.

    Raises SignInNeeded, NotAllowed, NotFound, OfAge, GuardianUnfit, PaperMissing, WrongDay, ConsentHeld.
    """
    node = await _reached(caller, member_id)
    if caller.member() == member_id:
        raise NotAllowed(right=Right.MANAGE_MEMBERS.value)
    today = walltimes.day_of(now, node.time_zone)
    born_on: date | None = await sql.value("SELECT born_on FROM member WHERE id = $1", member_id)
    if born_on is None or not guardians.is_minor(born_on, today):
        raise OfAge(field="guardian_name", years=ALONE_FROM)
    made = await guardians.record(member_id, born_on, given, caller.member(), today, now)
    await audit.write(caller.id, "guardian.agreed", f"member:{member_id}", now, on_behalf_of=member_id, how=given.how)
    await _tell("guardian_agreed", await guardians.one(made), now)
    return Kept(made)


@action
async def end_consent(caller: Caller, consent_id: UUID, now: datetime) -> Kept:
    """Taken back by the guardian, the member or staff: places and tasks of who is not there yet are free, nothing new is taken.

    Hours and points stay; where the member is of age by now, so does everything. Safe to repeat. Raises SignInNeeded, NotFound.
    Locks the person, then the places as withdrawing does.
    """
    consent = await guardians.one(consent_id)
    if caller.member() not in (consent.member_id, consent.guardian_id):
        node = await tree.of_member(consent.member_id)
        if not caller.may(Right.MANAGE_MEMBERS, node.ancestor_ids):
            raise NotFound(what="consent")
    withdrawn = await _end(consent, caller, now)
    if withdrawn is not None:
        await _tell("guardian_ended", consent, now)
    return Kept(consent_id, withdrawn or 0)


async def end_for_dead(caller: Caller, guardian_id: UUID, now: datetime) -> None:
    """Whoever has died answers for nobody: their consents end as though taken back, and the young are told.

    Who merely leaves has not taken back what they said: it stands, as that of a guardian who never was a member. Locks as
    `end_consent`.
    """
    for consent in await guardians.by_guardian(guardian_id, now):
        if await _end(consent, caller, now) is not None:
            await _tell("guardian_gone", msgspec.structs.replace(consent, guardian_id=None), now)


async def _end(consent: Consent, caller: Caller, now: datetime) -> int | None:
    """How many places and tasks went with it; None where it had ended before."""
    # A sign-up at this moment: it waits and finds no consent, or this waits and finds the place (children.require).
    await changes.lock_person(consent.member_id)
    if not await guardians.end(consent.id, caller.member(), now):
        return None
    withdrawn = (
        await free_ahead(consent.member_id, consent.member, caller.member(), now)
        if await guardians.minor(consent.member_id, now)
        else 0
    )
    subject = f"member:{consent.member_id}"
    await audit.write(caller.id, "guardian.ended", subject, now, on_behalf_of=consent.member_id, withdrawn=withdrawn)
    return withdrawn


async def free_ahead(member_id: UUID, name: str, by: UUID, now: datetime) -> int:
    """Places and tasks of who is not there yet, where no guardian has agreed; how many. Locks as withdrawing does."""
    ahead = await sql.rows(AHEAD, member_id, now)
    taken = await tasks.of_person(member_id, now)
    withdrawn = len(ahead) + len(taken)
    for row in ahead:
        try:
            await freed(await signups.take_back(row["id"], by, CONSENT_ENDED, now), now)
        except signups.HasAttended:  # let in at the door this moment
            withdrawn -= 1
    for task in taken:
        await give_back(task.id, member_id, name, now)
    return withdrawn


async def _reached(caller: Caller, member_id: UUID) -> tree.Node:
    node = await tree.of_member(member_id)
    caller.require(Right.MANAGE_MEMBERS, node.ancestor_ids)
    return node


async def _tell(kind: str, consent: Consent, now: datetime) -> None:
    facts = {"guardian": consent.guardian, "member": consent.member}
    everybody = [consent.member_id, *([consent.guardian_id] if consent.guardian_id else [])]
    await messages.promise(
        [
            Message(key=f"{kind}:{consent.id}:{who}", person_id=who, kind=kind, facts=facts, path="/me/guardian")
            for who in everybody
        ],
        now,
    )
