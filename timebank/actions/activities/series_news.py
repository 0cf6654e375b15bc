"""What changed sessions and series tell: to everybody signed up what is new, to the organiser what needs a hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from schedules import series
from schedules.edits import Affected, Changed
from schedules.generator import Made
from schedules.sessions import Session
from timebank.actions.signups import move_queue
from timebank.outbox import messages
from timebank.outbox.messages import Message


async def tell_changes(changes: Sequence[Changed], now: datetime) -> None:
    """Promises a message to each person whom a change touches, and to the organiser where it makes somebody clash.

    Nobody is dropped (schedule-12, 50). Offers and queues are looked at anew. In the transaction of the change; once a change.
    """
    for changed in changes:
        letters = [_to_member(changed, person) for person in changed.people if changed.moves or "note" in changed.fields]
        clashing = [person for person in changed.people if person.clash]
        if changed.moves and clashing:
            letters.append(_to_organiser(changed, len(clashing)))
        await messages.promise(letters, now)
        if changed.people:
            await move_queue.settle(changed.after.id, now)


def _to_member(changed: Changed, person: Affected) -> Message:
    kind = "session_noted"
    more: dict[str, object] = {"note": changed.after.note or changed.after.note_en, "note_en": changed.after.note_en}
    if changed.moves:
        kind = "session_moved_clash" if person.clash else "session_moved"
        more = _was(changed.before)
    if person.clash:
        more |= {"clash": person.clash.title, "clash_en": person.clash.title_en}
    return Message(
        key=f"session:{changed.after.id}:{changed.after.sequence}:changed:{person.person_id}",
        person_id=person.person_id,
        kind=kind,
        facts=_facts(changed.after) | more,
        path=move_queue.path_of(changed.after),
        useful_until=max(changed.after.ends_at, changed.before.ends_at),
    )


def _to_organiser(changed: Changed, people: int) -> Message:
    return Message(
        key=f"session:{changed.after.id}:{changed.after.sequence}:clashes",
        person_id=changed.after.organiser_id,
        kind="session_moved_clashes",
        facts=_facts(changed.after) | _was(changed.before) | {"people": people},
        path=f"/organise/sessions/{changed.after.id}",
        useful_until=changed.after.ends_at,
    )


def _facts(session: Session) -> dict[str, object]:
    return {
        "title": session.title,
        "title_en": session.title_en,
        "place": session.place,
        "place_en": session.place_en,
        "starts_at": session.starts_at.isoformat(),
        "ends_at": session.ends_at.isoformat(),
        "time_zone": session.time_zone,
    }


def _was(session: Session) -> dict[str, object]:
    return {"was_at": session.starts_at.isoformat(), "was_place": session.place, "was_place_en": session.place_en}


async def tell_made(made: Made, now: datetime) -> None:
    """Tells the organiser of sessions that were made without their room, and of days that no insurance covers. Once each."""
    if not made.without_room and not made.uncovered:
        return
    found = await series.find(made.series_id)
    facts: dict[str, object] = {"title": found.title, "title_en": found.title_en, "time_zone": found.time_zone}
    letters = []
    if made.without_room:
        first = made.without_room[0].isoformat()
        letters.append(
            Message(
                key=f"series:{found.id}:no_room:{first}",
                person_id=found.organiser_id,
                kind="series_no_room",
                facts=facts | {"first_at": first, "dates": len(made.without_room), "place": found.place},
                path=f"/organise/series/{found.id}",
                useful_until=made.without_room[-1],
            )
        )
    if made.uncovered:
        letters.append(
            Message(
                key=f"series:{found.id}:uncovered:{made.uncovered[0]}",
                person_id=found.organiser_id,
                kind="series_uncovered",
                facts=facts | {"from_on": made.uncovered[0].isoformat()},
                path=f"/organise/series/{found.id}",
            )
        )
    await messages.promise(letters, now)
