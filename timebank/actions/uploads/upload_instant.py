"""What was so at the instant of a scan that is uploaded later: it is judged by that, and not by what has followed since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from schedules import sql
from schedules.decision import Asked, Inside
from schedules.presence import Stay
from schedules.scans import Here
from timebank.actions.door import turned_away
from timebank.actions.door.door import Known, Person, Scan
from timebank.actions.uploads.queue import Timed
from timebank.actions.uploads.upload_facts import Case, Place, Then, name_of, named
from timebank.people import devices

# Of each scan, by its place in the request: was the person suspended then, and of each sign-up its state, whether the session
# was called off by then, and whether the proofs were there. What has no history by then is as it is now; so is a sign-up that
# was made only after the scan, because whoever was put on the list afterwards had stood there.
THEN = """
SELECT q.n, q.signup, CASE WHEN q.signup IS NULL THEN
       coalesce((SELECT x.action = 'member.suspended' FROM audit x
                  WHERE x.subject = 'member:' || q.person AND x.at <= q.at
                    AND x.action IN ('member.suspended', 'member.restored')
                  ORDER BY x.at DESC, x.id DESC LIMIT 1),
                m.state = 'suspended' AND NOT EXISTS (SELECT FROM audit x WHERE x.subject = 'member:' || q.person
                                                         AND x.action = 'member.suspended')) END AS is_suspended,
       coalesce((SELECT c.state FROM signup_change c WHERE c.signup_id = u.id AND c.at <= q.at ORDER BY c.id DESC LIMIT 1),
                u.state) AS state,
       CASE WHEN s.state = 'cancelled' THEN q.at >= coalesce(
                (SELECT min(x.at) FROM audit x WHERE (x.subject, x.action) IN (('session:' || s.id, 'session.called_off'),
                                                                               ('activity:' || a.id, 'activity.called_off'))),
                s.changed_at) ELSE false END AS is_called_off,
       CASE WHEN a.asks_skills THEN NOT EXISTS (
                SELECT FROM role_need n JOIN skill k ON k.id = n.skill_id
                  LEFT JOIN held_skill h ON h.skill_id = k.id AND h.person_id = q.person
                  LEFT JOIN LATERAL (SELECT c.state, c.valid_until, c.at <= q.at AS is_then FROM held_skill_change c
                                      WHERE c.held_id = h.id ORDER BY c.at <= q.at DESC, c.id DESC LIMIT 1) c ON true
                 WHERE n.activity_id = a.id AND n.role = r.name
                   AND skill_standing(CASE WHEN c.is_then THEN c.state WHEN c.is_then IS NULL THEN h.state END,
                                      CASE WHEN c.is_then THEN c.valid_until ELSE h.valid_until END,
                                      k.needs_confirmation, last_day(s.ends_at, a.time_zone)) <> 'met')
            ELSE true END AS is_qualified
  FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::timestamptz[]) AS q (n, person, signup, at)
  JOIN member m ON m.id = q.person
  LEFT JOIN signup u ON u.id = q.signup LEFT JOIN session s ON s.id = u.session_id LEFT JOIN activity a ON a.id = s.activity_id
  LEFT JOIN session_role r ON r.id = u.role_id
"""
REPLACED = """
SELECT id::text AS name, revoked_at FROM pass WHERE id = ANY ($1)
UNION ALL SELECT typed_code, revoked_at FROM pass WHERE typed_code = ANY ($2)
UNION ALL SELECT id::text, revoked_at FROM phone_pass WHERE id = ANY ($1)
"""


async def then(items: Sequence[Timed], scans: Sequence[Scan], known: Sequence[Known]) -> Then:
    """What was so at the instant of each, where it may have been otherwise than it is now. No statement where nothing has
    changed; one, and one more where a pass among them has been replaced.
    """
    asked = [
        (one.place, facts.member.id, signup_id, one.at)
        for one, facts in zip(items, known, strict=True)
        if facts.member
        for signup_id in _changed(facts.member, facts.schedule.places)
    ]
    found = await sql.rows(THEN, *map(list, zip(*asked, strict=True))) if asked else []
    places = {
        (row["n"], row["signup"]): Place(row["state"], row["is_called_off"], row["is_qualified"])
        for row in found
        if row["signup"]
    }
    replaced = await _replaced([scan for scan, facts in zip(scans, known, strict=True) if facts.is_replaced])
    suspended = {row["n"]: row["is_suspended"] for row in found if row["signup"] is None}
    return Then(suspended=suspended, places=places, replaced=replaced)


def _changed(member: Person, places: Sequence[Here]) -> Iterator[UUID | None]:
    """The sign-ups that may have been otherwise, and None for the person."""
    if member.has_changed:
        yield None
    yield from (place.signup_id for place in places if place.has_changed)


async def _replaced(scans: Sequence[Scan]) -> Mapping[str, datetime | None]:
    found = await sql.rows(REPLACED, *named(scan.code for scan in scans)) if scans else []
    return {row["name"]: row["revoked_at"] for row in found}


async def question(case: Case, asked: Asked) -> Asked:
    """The question with what was so at that instant: who had come, was suspended or off the list, which pass was in force."""
    at, course = case.one.at, case.course
    stays = course.before(at) if course else []
    inside = course.inside(at) if course else None
    code = asked.code
    if code.is_replaced and _was_in_force(case):
        code = msgspec.structs.replace(code, is_replaced=False)
    return msgspec.structs.replace(
        asked,
        earlier="none",
        code=code,
        is_suspended=case.then.suspended.get(case.one.place, asked.is_suspended),
        places=tuple(_place(case, place, stays) for place in case.known.schedule.places),
        inside=Inside(session=str(inside.session_id), closes_at=course.terms[inside.session_id].closes_at)
        if inside and course
        else None,
    )


def _place(case: Case, place: Here, stays: Sequence[Stay]) -> Here:
    entries = sum(stay.signup_id == place.signup_id for stay in stays)
    so = case.then.places.get((case.one.place, place.signup_id), place)
    if (so, entries) == (place, place.entries):
        return place
    return msgspec.structs.replace(
        place, state=so.state, is_called_off=so.is_called_off, is_qualified=so.is_qualified, entries=entries
    )


def _was_in_force(case: Case) -> bool:
    until = case.then.replaced.get(name_of(case.scan.code))
    return until is not None and until > case.one.at


async def details(case: Case, reason: str, here: Here | None) -> dict[str, Any] | None:
    """What a refusal because of other scans says about them; None for any other reason.

    Of the scans by then and not of the stays as they stand: its repeat is told the same, whatever has followed since.
    """
    at, course = case.one.at, case.course
    if course and reason == "already_elsewhere":
        inside = course.inside(at)
        place = inside and inside.session_id
        return {"elsewhere": await turned_away.elsewhere(case.scan.asking, case.known, place, at)} if place else {}
    if course and here and reason == "already_in":
        return await _since(here, [stay for stay in course.up_to(at) if stay.signup_id == here.signup_id], at)
    return None


async def _since(here: Here, stays: list[Stay], at: datetime) -> dict[str, Any]:
    if not stays:
        return {}
    lasts = stays[-1].out_at is None or at < stays[-1].out_at
    told = stays[-1] if lasts else stays[0]
    at_door = (told.began_by.scanner_id, told.in_at)
    desk = (await devices.called_then([at_door])).get(at_door)
    return turned_away.since(here, stays[0].in_at, told.in_at, desk, has_left=not lasts)
