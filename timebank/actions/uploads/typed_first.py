"""Typed codes of a queue that lead to somebody signed up there: judged with the passes, they wait behind no wrong one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from schedules import sql
from schedules.codes import Typed
from schedules.decision import NEAR
from timebank.actions.action import action
from timebank.actions.uploads.queue import Timed
from timebank.people import limits
from timebank.people.limits import TooManyTries

MOST = 200
"""Typed codes that one look asks about: more than a busy door notes while the network is away."""
LOOKS, WINDOW = 2, timedelta(minutes=15)
"""Looks that met a wrong one. Only who is signed up at that door is found: a guesser learns no more than from its tries."""

# From the code to its person and their sessions, never through all there are (OFFSET 0).
SIGNED_UP = """
SELECT q.place FROM json_to_recordset($1) AS q (place int, typed text, activities uuid[], at timestamptz)
 WHERE EXISTS (SELECT FROM (SELECT member_id FROM pass WHERE typed_code = q.typed OFFSET 0) p
                CROSS JOIN LATERAL (SELECT session_id FROM signup WHERE person_id = p.member_id OFFSET 0) u
                CROSS JOIN LATERAL (SELECT * FROM session WHERE id = u.session_id OFFSET 0) s
                WHERE s.activity_id = ANY (q.activities)
                  AND s.opens_at <= q.at + $2::interval AND s.closes_at >= q.at - $2::interval)
"""


async def known(scanner_id: UUID, items: Sequence[Timed], now: datetime) -> frozenset[int]:
    """Their places in the request. None of them where too many looks met wrong ones lately: each is then tried by itself."""
    typed = [(one, one.code) for one in items if isinstance(one.code, Typed)][:MOST]
    bucket = f"typed-first:{scanner_id}"
    if not typed:
        return frozenset()
    try:
        # Spent before it is known what it tells: requests that come at once cannot look together.
        await limits.spend(bucket, LOOKS, WINDOW, now)
    except TooManyTries:
        return frozenset()
    found = await _signed_up(typed)
    if len(found) == len(typed):
        await limits.give_back(bucket, WINDOW, now)
    return found


@action
async def _signed_up(typed: Sequence[tuple[Timed, Typed]]) -> frozenset[int]:
    asked = [{"place": one.place, "typed": code.code, "activities": one.item.activities, "at": one.at} for one, code in typed]
    return frozenset(row["place"] for row in await sql.rows(SIGNED_UP, msgspec.json.encode(asked).decode(), NEAR))
