"""Two gates of one session, each with a desk: scans with a network and without, by card and by phone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any, Literal
from uuid import UUID, uuid4

import msgspec

from schedules import codes
from schedules.errors import Refusal
from timebank.actions.door.admission import Admission
from timebank.actions.door.check_in_oneself import Origin, check_in_oneself
from timebank.actions.door.door import VENUE_KEY, Asking, reach, scanner_id
from timebank.actions.door.scan import scan
from timebank.demo.residents import Resident
from timebank.people import keys
from timebank.people.callers import Caller

Way = Literal["in", "out"]


class Gates(msgspec.Struct, frozen=True):
    """`cards` are those that people hold, by person; `starts_at` is aware and gives the day of every wall clock below."""

    activity_id: UUID
    session_id: UUID
    east: Caller
    west: Caller
    cards: Mapping[UUID, str]
    starts_at: datetime

    def clock(self, wall: str) -> datetime:
        """That moment of the day."""
        return datetime.combine(self.starts_at.date(), time.fromisoformat(wall), self.starts_at.tzinfo)

    async def pass_by(
        self, desk: Caller, code: str, wall: str, way: Way = "in", nonce: str = "", because: str = ""
    ) -> Admission | None:
        """A scan with a network, `because` where it is forced. None for a refusal: it stands in the log."""
        asking = Asking(
            scanner_id=scanner_id(desk),
            operator_id=desk.member_id,
            source="desk",
            direction=way,
            raw_code=code,
            nonce=nonce or str(uuid4()),
            activity_ids=(self.activity_id,),
            nodes=reach(desk),
            override_nodes=reach(desk) if because else (),
            override_reason=because,
        )
        try:
            return await scan(asking, self.clock(wall))
        except Refusal:
            return None

    async def pass_by_phone(self, person: Resident, browser: str, wall: str, way: Way = "in") -> None:
        """With the code that hangs there, on the phone with this browser."""
        at = self.clock(wall)
        asking = Asking(
            scanner_id=person.id,
            operator_id=person.id,
            source="self",
            direction=way,
            raw_code=codes.venue_path(codes.venue(keys.derive(VENUE_KEY), self.session_id, codes.step_of(at))),
            nonce=str(uuid4()),
            member_id=person.id,
        )
        await check_in_oneself(asking, Origin(browser=browser), at)

    def noted(self, person: Resident, wall: str, way: Way = "in", said: str = "ok") -> dict[str, Any]:
        """What a desk without a network keeps of a scan, with its own answer: an item of an upload."""
        return {
            "nonce": str(uuid4()),
            "happened_at": self.clock(wall).isoformat(),
            "activities": [str(self.activity_id)],
            "code": self.cards[person.id],
            "direction": way,
            "skew_ms": 0,
            "reason": said,
        }
