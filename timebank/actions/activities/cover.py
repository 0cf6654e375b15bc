"""Sessions that lack people: the list, the warning, and asking suitable people to cover a place."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import answers, lacking, sessions, shortage, sql
from schedules.errors import Refusal
from schedules.lacking import Lack
from schedules.session_roles import Role
from schedules.sessions import Session
from schedules.shortage import Shortage
from timebank.actions.action import action
from timebank.actions.activities.see_activity import Person, named
from timebank.actions.signups.reach import run_by
from timebank.communities import tree
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people import audit
from timebank.people.callers import Caller, Right

MOST = 30
"""People asked at once; asking again reaches the next."""


class NothingToCover(Refusal):
    """The role has no place left, the session has begun or does not take place. Facts: none."""


class Asked(msgspec.Struct, frozen=True):
    """Who was asked just now; nobody, where nobody else suits."""

    session_id: UUID
    people: list[Person]


class Lacking(msgspec.Struct, frozen=True):
    """A member and what they lack."""

    lack: Lack
    person: Person


class Watch(msgspec.Struct, frozen=True):
    """One session as its organiser watches it. `lacks`: who lacks what a place needs; `unread`: the briefing."""

    session: Session
    shortage: Shortage | None
    lacks: list[Lacking]
    asked: list[Person]
    unread: list[Person]


@action
async def see_at_risk(caller: Caller, now: datetime) -> tuple[list[Shortage], list[Lacking]]:
    """Sessions at risk within reach, and people who lack what their place needs. Raises SignInNeeded, NotAllowed."""
    caller.require(Right.RUN_ACTIVITIES)
    ids = [node.id for node in await tree.below(caller.nodes(Right.RUN_ACTIVITIES))]
    return await shortage.at_risk(now, ids), await _named(await lacking.within(ids, now))


async def _named(found: list[Lack]) -> list[Lacking]:
    people = await named([each.person_id for each in found])
    return [Lacking(each, people[each.person_id]) for each in found]


@action
async def watch_session(caller: Caller, session_id: UUID) -> Watch:
    """For who runs it. Raises SignInNeeded, NotAllowed, NotFound."""
    session = await run_by(caller, session_id)
    asked = await sql.rows("SELECT person_id FROM cover_request WHERE session_id = $1 ORDER BY asked_at", session_id)
    unread = await sql.rows(
        "SELECT u.person_id FROM signup u JOIN session s ON s.id = u.session_id JOIN activity a ON a.id = s.activity_id "
        "WHERE s.id = $1 AND u.state = 'confirmed' AND a.briefing_id IS NOT NULL AND NOT EXISTS "
        "(SELECT FROM acknowledgement k WHERE k.briefing_id = a.briefing_id AND k.person_id = u.person_id) ORDER BY u.made_at",
        session_id,
    )
    ids = [row["person_id"] for row in [*asked, *unread]]
    people = await named(ids)
    return Watch(
        session,
        await shortage.of_session(session_id),
        await _named(await lacking.of_session(session_id)),
        [people[row["person_id"]] for row in asked],
        [people[row["person_id"]] for row in unread],
    )


@action
async def ask_to_cover(caller: Caller, session_id: UUID, role_id: UUID, now: datetime) -> Asked:
    """Asks up to thirty suitable people by message: they answer by signing up. Nobody is asked twice for one session.

    Suitable is who lives where the activity belongs, holds what the role needs and finds a place open; those who were there
    before come first. Raises SignInNeeded, NotAllowed, NotFound, NothingToCover.
    """
    session = await run_by(caller, session_id)
    role = session.role(role_id)
    if session.is_called_off or session.activity_state != "published" or now >= session.starts_at or not role.has_room:
        raise NothingToCover()
    suitable = await _suitable(session, role, now)
    # Two organisers who ask at once: the key of the row lets each person be asked by one of them.
    made = await sql.rows(
        "INSERT INTO cover_request (session_id, person_id, role_id, asked_by, asked_at) SELECT $1, p, $3, $4, $5 "
        "FROM unnest($2::uuid[]) AS n (p) ON CONFLICT DO NOTHING RETURNING person_id",
        session_id,
        suitable,
        role_id,
        caller.member(),
        now,
    )
    asked = [row["person_id"] for row in made]
    await messages.promise([_ask(session, role, person_id, caller.name) for person_id in asked], now)
    await audit.write(caller.id, "session.cover_asked", f"session:{session_id}", now, role=role_id, people=len(asked))
    people = await named(asked)
    return Asked(session_id, [people[person_id] for person_id in asked])


# Cheap questions first: who lives here, was not asked, has nothing at that time, and holds every skill on that day.
CANDIDATES = """
SELECT m.id
  FROM member m JOIN community c ON c.id = m.community_id, session s JOIN activity a ON a.id = s.activity_id
 WHERE s.id = $1 AND m.state = 'active' AND a.community_id = ANY(c.ancestor_ids)
   AND NOT EXISTS (SELECT FROM cover_request r WHERE r.session_id = s.id AND r.person_id = m.id)
   AND NOT EXISTS (SELECT FROM signup u WHERE u.session_id = s.id AND u.person_id = m.id)
   AND NOT EXISTS (SELECT FROM signup u JOIN session o ON o.id = u.session_id
                    WHERE u.person_id = m.id AND u.state = 'confirmed' AND o.state <> 'cancelled'
                      AND o.starts_at < s.ends_at - make_interval(mins => a.grace)
                      AND o.ends_at > s.starts_at + make_interval(mins => a.grace))
   AND NOT EXISTS (SELECT FROM role_need n JOIN skill k ON k.id = n.skill_id
                     LEFT JOIN held_skill h ON h.skill_id = k.id AND h.person_id = m.id
                    WHERE n.activity_id = a.id AND n.role = $2 AND skill_standing(
                          h.state, h.valid_until, k.needs_confirmation, last_day(s.ends_at, a.time_zone)) <> 'met')
   AND (EXISTS (SELECT FROM role_need n WHERE n.activity_id = a.id AND n.role = $2)
        OR EXISTS (SELECT FROM attendance t WHERE t.person_id = m.id AND t.state = 'counts'))
 ORDER BY (SELECT max(t.in_at) FROM attendance t JOIN session o ON o.id = t.session_id
            WHERE t.person_id = m.id AND t.state = 'counts' AND o.activity_id = a.id) DESC NULLS LAST,
          (SELECT max(t.in_at) FROM attendance t WHERE t.person_id = m.id AND t.state = 'counts') DESC NULLS LAST, m.number
 LIMIT $3
"""


async def _suitable(session: Session, role: Role, now: datetime) -> list[UUID]:
    """In the order in which they are asked. Where the role needs no skill, only people who have volunteered before."""
    found = await sql.rows(CANDIDATES, session.id, role.name, 3 * MOST)
    suitable: list[UUID] = []
    for row in found:
        seen = await sessions.one(session.id, row["id"])
        if answers.answer(seen, now, role_id=role.id).is_open:
            suitable.append(row["id"])
        if len(suitable) == MOST:
            break
    return suitable


def _ask(session: Session, role: Role, person_id: UUID, asker: str) -> Message:
    return Message(
        key=f"cover:{session.id}:{person_id}",
        person_id=person_id,
        kind="please_cover",
        facts={**facts(session), "role": role.name, "role_en": role.name_en, "name": asker},
        path=f"/activities/{session.activity_id}#session-{session.id}",
        is_reminder=True,
        useful_until=session.starts_at,
    )


def facts(session: Session | Shortage) -> dict[str, str]:
    """What a letter says of a session."""
    return {
        "title": session.title,
        "title_en": session.title_en,
        "starts_at": session.starts_at.isoformat(),
        "ends_at": session.ends_at.isoformat(),
        "time_zone": session.time_zone,
        "place": session.place,
    }
