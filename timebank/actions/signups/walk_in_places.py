"""A walk-in's place goes with the scan that took it: whose card it was never asked for it, and must not be missed there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from schedules import changes, rosters, walk_ins
from timebank.actions.signups import withdraw
from timebank.people import audit


async def lock(people: Sequence[UUID], sessions: Sequence[UUID]) -> None:
    """Before the sign-ups of these people are locked; nothing where none of them walked in there."""
    # A sign-up locks the person, the role and the sign-up: whoever may free a place begins with the person as well.
    if await walk_ins.are_taken(people, sessions):
        for person_id in sorted(set(people)):
            await changes.lock_person(person_id)


async def give_back(
    people: Sequence[UUID], sessions: Sequence[UUID], actor: UUID, by_id: UUID | None, reason: str, now: datetime
) -> None:
    """After their scans were undone and settled: the places that no scan holds any more are free, and the queue moves on.

    The sign-up is withdrawn, so that the person may still walk in; nobody is told of what they never asked for. `by_id` none:
    a desk where nobody was signed in, which is `actor` then. Under the locks of `lock` and `standing.take`. Safe to repeat.
    """
    for signup_id in await walk_ins.unused(people, sessions):
        signup = await rosters.find(signup_id)
        await changes.lock_role(signup.role_id)
        gone = await changes.change(signup_id, "confirmed", "withdrawn", by_id, now, reason)
        if gone is not None:
            await withdraw.freed(gone, now)
            about = f"session:{gone.session_id}"
            await audit.write(actor, "signup.walk_in_undone", about, now, on_behalf_of=gone.person_id, signup=signup_id)
