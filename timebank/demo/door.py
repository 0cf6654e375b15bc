"""People at the door: some hold their card to the desk, the others scan the code that hangs there with their own phone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from schedules import codes, sql
from schedules.scans import Direction
from timebank.actions.door.admission import Admission
from timebank.actions.door.door import VENUE_KEY, Asking
from timebank.actions.door.scan import scan
from timebank.demo.crowd import Coming
from timebank.demo.premises import Corner
from timebank.demo.tree import Node
from timebank.people import keys
from timebank.people.passes import Pass


class Doorway(msgspec.Struct, frozen=True):
    """Where somebody wants in or out."""

    community: Node
    activity_id: UUID
    session_id: UUID


class Door:
    """The desks, and every card that somebody may hold up."""

    def __init__(self, corners: Sequence[Corner]) -> None:
        self.corners = corners
        self.cards: dict[UUID, Pass] = {}

    async def learn_cards(self) -> None:
        """Reads the cards that were issued."""
        for row in await sql.rows(f"SELECT {', '.join(Pass.__struct_fields__)} FROM pass WHERE revoked_at IS NULL"):
            self.cards[row["member_id"]] = Pass(*row)

    async def pass_through(self, place: Doorway, coming: Coming, direction: Direction, at: datetime) -> Admission:
        """One scan, in or out, as the action judges it."""
        if coming.by_desk:
            return await scan(self._at_desk(place, coming, direction), at)
        person = coming.person.id
        code = codes.venue_path(codes.venue(keys.derive(VENUE_KEY), place.session_id, codes.step_of(at)))
        asking = Asking(
            scanner_id=person,
            operator_id=person,
            source="self",
            direction=direction,
            raw_code=code,
            nonce=str(uuid4()),
            member_id=person,
        )
        return await scan(asking, at)

    def _at_desk(self, place: Doorway, coming: Coming, direction: Direction) -> Asking:
        corner = next(each for each in self.corners if each.node.id in place.community.path)
        return Asking(
            scanner_id=corner.desk.id,
            operator_id=None,
            source="desk",
            direction=direction,
            raw_code=self.cards[coming.person.id].text,
            nonce=str(uuid4()),
            activity_ids=(place.activity_id,),
            nodes=(corner.node.id,),
        )
