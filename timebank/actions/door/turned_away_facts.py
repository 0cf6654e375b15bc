"""What refusals tell beside the facts of their scans: asked for a whole group at once, because others wait meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from schedules import door_questions, sql
from schedules.decision import NEAR, Verdict
from schedules.door_questions import Question
from schedules.scans import Here
from timebank.actions.door.admission import Met
from timebank.actions.door.door import Asking, Known
from timebank.people.devices import Called


class Turned(msgspec.Struct, frozen=True):
    """A scan that is turned away, with the instant that counts. `here`: the person's place at that session."""

    asking: Asking
    known: Known
    verdict: Verdict
    here: Here | None
    now: datetime

    @property
    def elsewhere(self) -> tuple[bool, UUID | None]:
        """Whether it is told where the person belongs, and at which session, where that is known."""
        inside = self.known.schedule.inside
        if self.known.member is None:
            return False, None
        if self.verdict.reason == "already_elsewhere":
            return inside is not None, UUID(inside.session) if inside else None
        return self.verdict.reason == "not_signed_up_here", None

    @property
    def stay(self) -> Any:
        """The stay that lasts, of who is there already; None where the person has left for good."""
        last = self.here.last if self.here else None
        return last if last and last.in_at <= self.now and (last.out_at is None or self.now < last.out_at) else None

    @property
    def says_since(self) -> bool:
        here = self.here
        return self.verdict.reason == "already_in" and here is not None and bool(here.first_at and here.first_scan)


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """`desk`: where the stay began that lasts, None by phone. `questions` are open, in words."""

    elsewhere: list[Met]
    desk: Called | None
    questions: list[Question]


async def beside(turned: Sequence[Turned]) -> list[Beside]:
    """Of each, in their order. A statement for each kind of fact that one of them tells."""
    places = await _elsewhere([(n, one) for n, one in enumerate(turned) if one.elsewhere[0]])
    desks = await _desks([(n, one) for n, one in enumerate(turned) if one.says_since])
    asked = {each.id for one in turned if one.verdict.reason == "incomplete" and one.here for each in one.here.questions}
    words = {each.id: each for each in (await door_questions.worded(sorted(asked)) if asked else [])}
    return [
        Beside(
            elsewhere=places.get(n, []),
            desk=desks.get(n),
            questions=[words[each.id] for each in one.here.questions if each.id in words] if one.here else [],
        )
        for n, one in enumerate(turned)
    ]


# From the person to their sessions, never through all there are in order of time (OFFSET 0).
ELSEWHERE = """
SELECT q.n, e.* FROM json_to_recordset($1) AS q (n int, person uuid, is_self bool, nodes uuid[], session uuid, at timestamptz)
 CROSS JOIN LATERAL (
       SELECT s.id, a.id AS activity_id, a.title, a.title_en, s.place, coalesce(p.name_en, '') AS place_en, s.starts_at,
              s.ends_at, a.time_zone
         FROM signup u CROSS JOIN LATERAL (SELECT * FROM session WHERE id = u.session_id OFFSET 0) s
         JOIN activity a ON a.id = s.activity_id
         JOIN community c ON c.id = a.community_id LEFT JOIN space p ON p.id = s.space_id
        WHERE u.person_id = q.person AND (q.is_self OR c.ancestor_ids && q.nodes)
          AND CASE WHEN q.session IS NULL THEN u.state = 'confirmed' AND s.state = 'planned'
                                               AND s.opens_at <= q.at + $2::interval AND s.closes_at >= q.at - $2::interval
                   ELSE s.id = q.session END
        ORDER BY s.starts_at, s.id LIMIT 3) e
 ORDER BY q.n, e.starts_at, e.id
"""


async def _elsewhere(asked: Sequence[tuple[int, Turned]]) -> dict[int, list[Met]]:
    return await elsewhere(
        [
            {
                "n": n,
                "person": one.known.member.id,
                "is_self": one.asking.is_self,
                "nodes": one.asking.nodes,
                "session": one.elsewhere[1],
                "at": one.now,
            }
            for n, one in asked
            if one.known.member
        ]
    )


async def elsewhere(asked: Sequence[dict[str, Any]]) -> dict[int, list[Met]]:
    """The session named, else where the person is signed up near then: told to the person, and to staff who may see it."""
    found: dict[int, list[Met]] = {}
    for row in await sql.rows(ELSEWHERE, msgspec.json.encode(asked).decode(), NEAR) if asked else []:
        found.setdefault(row["n"], []).append(Met(**{name: row[name] for name in Met.__struct_fields__}))
    return found


DESKS = """
SELECT q.n, d.name, d.name_en FROM json_to_recordset($1) AS q (n int, stay uuid, first bigint)
  JOIN passage s ON s.id = coalesce((SELECT in_scan FROM attendance WHERE id = q.stay), q.first)
 CROSS JOIN LATERAL device_called(s.scanner_id, s.at) d
"""


async def _desks(asked: Sequence[tuple[int, Turned]]) -> dict[int, Called]:
    """Where each stay began, as that desk was called then."""
    stays = [{"n": n, "stay": one.stay.id if one.stay else None, "first": one.here.first_scan} for n, one in asked if one.here]
    found = await sql.rows(DESKS, msgspec.json.encode(stays).decode()) if stays else []
    return {row["n"]: Called(row["name"], row["name_en"]) for row in found}


AT_DOOR = """
SELECT q.n, s.id FROM json_to_recordset($1) AS q (n int, activities uuid[], session uuid, at timestamptz)
 CROSS JOIN LATERAL (
       SELECT id FROM session
        WHERE activity_id = ANY (q.activities) AND (q.session IS NULL OR id = q.session)
          AND opens_at <= q.at + $2::interval AND closes_at >= q.at - $2::interval
        ORDER BY greatest(opens_at - q.at, q.at - closes_at, interval '0'), starts_at, id LIMIT 1) s
"""
"""The session at whose door a scan without a sign-up was made: the one that is open, else the nearest."""


async def at_doors(asked: Sequence[tuple[int, Turned]]) -> dict[int, UUID]:
    """By their numbers. One statement."""
    doors = [
        {"n": n, "activities": one.asking.activity_ids, "session": one.asking.session_id, "at": one.now} for n, one in asked
    ]
    found = await sql.rows(AT_DOOR, msgspec.json.encode(doors).decode(), NEAR) if doors else []
    return {row["n"]: row["id"] for row in found}
