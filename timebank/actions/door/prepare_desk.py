"""A desk prepares for a cut network: it takes along what it needs to decide by itself, sealed under the passes (checkin-86)."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from schedules import desk_rosters, door_questions, sql
from schedules.decision import NEAR
from schedules.desk_rosters import Known
from schedules.door_questions import Question
from timebank.actions.action import action
from timebank.actions.door import desk
from timebank.actions.door.admission import Met
from timebank.actions.door.desk import Served
from timebank.actions.door.door import reach, scanner_id
from timebank.people import audit, keys, rosters
from timebank.people.callers import Caller
from timebank.people.rosters import Line, Secret

MOST = 50
"""Sessions of one pack."""


class Key(msgspec.Struct, frozen=True):
    """A key that signs passes: its id and its public half, 32 bytes in base64."""

    id: str
    public_key: str


class Desk(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who holds the pack: the paired desk, else the member whose phone it is."""

    id: UUID
    name: str
    name_en: str = ""


class Packed(Met, frozen=True, kw_only=True):
    """A session in a pack. `signed_up` are confirmed, `here` those inside when it was made, `questions` with their words."""

    opens_at: datetime
    closes_at: datetime
    late_after: int
    is_called_off: bool
    allows_reentry: bool
    allows_many: bool
    walk_ins: bool
    signed_up: int
    here: int
    questions: tuple[Question, ...]


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """What a desk takes along. `people`: by locator, each line sealed; `revoked`: marks of replaced passes.

    `operator` is the member signed in, and `may_override` that member's right at all these sessions: it reaches no further than
    the sign-in. Past `near_minutes` the pack tells nothing more. A line is found and opened with the signature in its person's
    own pass: docs/vectors/roster.json has examples. `seals` is what codes are sealed to that wait on the desk: a
    point of P-256, 65 bytes (docs/vectors/sealed.json); none where no pass was ever made.
    """

    made_at: datetime
    server: str
    salt: str
    near_minutes: int
    keys: tuple[Key, ...]
    seals: Key | None
    desk: Desk
    operator: UUID | None
    may_override: bool
    sessions: tuple[Packed, ...]
    revoked: tuple[str, ...]
    people: dict[str, str]


class _Facts(msgspec.Struct, frozen=True):
    served: list[Served]
    questions: dict[UUID, tuple[Question, ...]]
    keys: list[tuple[str, bytes]]
    members: dict[UUID, tuple[str, int, bool]]
    known: dict[UUID, Known]
    secrets: list[Secret]
    replaced: list[UUID]


async def prepare_desk(caller: Caller, session_ids: Sequence[UUID], now: datetime) -> Pack:
    """For whoever scans at all of these sessions; those that are not near now are left out. Written down: who took what along.

    Raises NotAllowed, NotFound, SignInNeeded. Safe to repeat: each pack has a salt of its own.
    """
    facts = await _gather(caller, session_ids, now)
    # Two thousand seals take a tenth of a second or two: not while others wait for their answers.
    return await asyncio.to_thread(_seal, caller, facts, now)


@action
async def _gather(caller: Caller, session_ids: Sequence[UUID], now: datetime) -> _Facts:
    served = await desk.serve(caller, session_ids, now)
    known = await desk_rosters.people([each.id for each in served])
    keys_known = await sql.rows("SELECT id, public_key FROM pass_key WHERE removed_at IS NULL ORDER BY added_at, id")
    members = await sql.rows(
        "SELECT id, name, number, state = 'suspended' FROM member WHERE id = ANY ($1) AND state <> 'left'",
        list(known),
    )
    await _write_down(caller, served, known, now)
    return _Facts(
        served=served,
        questions=await _questions({each.activity_id for each in served}),
        keys=[tuple(row) for row in keys_known],
        members={row["id"]: tuple(row)[1:] for row in members},
        known=known,
        secrets=await rosters.secrets_of(list(known), now),
        replaced=await rosters.replaced(reach(caller), list(known)),
    )


WRITTEN = """
SELECT DISTINCT ON (subject) subject, at, detail FROM audit
 WHERE actor_id = $1 AND action = 'desk.prepared' AND subject = ANY ($2) AND at > $3::timestamptz - interval '1 day'
 ORDER BY subject, at DESC, id DESC
"""


async def _write_down(caller: Caller, served: Sequence[Served], known: Mapping[UUID, Known], now: datetime) -> None:
    """Who took what along: once a day for each desk and session, and when its people or who is signed in there are others.

    A desk prepares itself every few minutes: a row for each time would bury the others.
    """
    desk_id, subjects = scanner_id(caller), {each.id: f"session:{each.id}" for each in served}
    written = {row["subject"]: row for row in await sql.rows(WRITTEN, desk_id, list(subjects.values()), now)}
    people = Counter(place.session for one in known.values() for place in one.places)
    news: dict[str, Mapping[str, object]] = {}
    for each in served:
        facts = {"by": str(caller.member_id) if caller.member_id else None, "people": people[str(each.id)]}
        last, zone = written.get(subjects[each.id]), ZoneInfo(each.time_zone)
        is_of_today = last is not None and last["at"].astimezone(zone).date() == now.astimezone(zone).date()
        if last is None or not is_of_today or msgspec.json.decode(last["detail"]) != facts:
            news[subjects[each.id]] = facts
    await audit.write_each(desk_id, "desk.prepared", news, now)


async def _questions(activity_ids: set[UUID]) -> dict[UUID, tuple[Question, ...]]:
    """All that each activity asks at its door, the briefing first."""
    asked = await sql.rows(
        "SELECT id, briefing_id FROM activity WHERE id = ANY ($1) AND (asks_questions OR briefing_id IS NOT NULL)",
        list(activity_ids),
    )
    briefings = {row["id"]: f"{door_questions.BRIEFING}{row['briefing_id']}" for row in asked if row["briefing_id"]}
    words = {each.id: each for each in await door_questions.worded(list(set(briefings.values())))} if briefings else {}
    own = await door_questions.of_activities([row["id"] for row in asked])
    return {
        row["id"]: (*(words[name] for name in (briefings.get(row["id"]),) if name in words), *own.get(row["id"], ()))
        for row in asked
    }


def _seal(caller: Caller, facts: _Facts, now: datetime) -> Pack:
    salt = secrets.token_bytes(rosters.SALT)
    lines = {each: _line(each, facts.members, facts.known[each]) for each in facts.members}
    sealed = [rosters.seal(each.signature, salt, lines[each.member_id]) for each in facts.secrets if each.member_id in lines]
    return Pack(
        made_at=now,
        server=keys.server_id(),
        salt=base64.b64encode(salt).decode(),
        near_minutes=NEAR // timedelta(minutes=1),
        keys=tuple(Key(each, base64.b64encode(public).decode()) for each, public in facts.keys),
        seals=_seals(facts),
        desk=Desk(scanner_id(caller), caller.device_name or caller.name, caller.device_name_en),
        operator=caller.member_id,
        may_override=all(each.by_name for each in facts.served),
        sessions=tuple(_packed(each, facts.questions.get(each.activity_id, ())) for each in facts.served),
        revoked=tuple(rosters.mark(salt, each) for each in facts.replaced),
        people=dict(sorted(sealed)),  # in the order of their locators, which tells nothing about the order of sign-up
    )


def _seals(facts: _Facts) -> Key | None:
    """It changes with the key that signs: the newest that is ours."""
    ours = next((each for each, public in reversed(facts.keys) if keys.public_half(each) == public), None)
    return Key(ours, base64.b64encode(keys.desk_half(ours)).decode()) if ours else None


def _line(member_id: UUID, members: Mapping[UUID, tuple[str, int, bool]], known: Known) -> Line:
    return Line(*members[member_id], known.places, known.inside)


def _packed(served: Served, questions: tuple[Question, ...]) -> Packed:
    own = {name: getattr(served, name) for name in Packed.__struct_fields__ if name != "questions"}
    return Packed(**own, questions=questions)
