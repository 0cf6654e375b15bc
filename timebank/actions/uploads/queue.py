"""What a desk has queued while it was offline: one item per scan or undo, with the desk's own clock and its own answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules import codes
from schedules.codes import Code
from schedules.decision import STATUS
from schedules.errors import Refusal
from schedules.scans import LARGEST_SKEW, Direction
from schedules.sql import Busy
from timebank.actions.door.admission import Admission
from timebank.actions.door.door import AHEAD, OLDEST
from timebank.people import sealed_codes

REFUSED = STATUS.keys() - {"ok", "desk_revoked", "not_allowed", "nonce_conflict"}
"""What a desk can answer by itself; the rest is about the desk, and for the server to say."""
MOST = 1000
"""Items of one request."""
OWN = frozenset(("ok", "unjudged"))
"""What a desk says of a scan that it did not refuse: let in by itself, or left to the server (a typed code)."""

NO_NUL = r"\A[^\0]*\Z"
"""PostgreSQL keeps no NUL in a text: an item with one is malformed, and no other item is stopped by it."""
Text = Annotated[str, Meta(max_length=500, pattern=NO_NUL)]


class Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One scan as the desk kept it. `happened_at` by the desk's clock, `skew_ms` how far that was ahead when last measured.

    `reason` is what the desk itself answered. `session` is the one that it let in to. `remark` was written down at the desk
    about somebody whose code it could not check; the organiser reads it where the server refuses. `operator` is the member who
    was signed in at the desk then, as its pack names them; without it, or where that member may not scan there, whoever uploads
    stands in the log. With `undoes`, the nonce
    of an earlier scan of this desk, the item is an undo and needs nothing else but its own nonce and time.

    `sealed` takes the place of `code`: the same, sealed to this server by the desk (docs/vectors/sealed.json).

    `by_word`: out of a file, so nothing but somebody's word says that the desk made it; its hours are no class A.
    """

    nonce: Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_NUL)]
    happened_at: Annotated[datetime, Meta(tz=True)]
    activities: Annotated[tuple[UUID, ...], Meta(max_length=50)] = ()
    code: Annotated[str, Meta(max_length=codes.LONGEST)] = ""
    sealed: Annotated[str, Meta(max_length=sealed_codes.LONGEST)] = ""
    direction: Direction = "in"
    skew_ms: Annotated[int, Meta(ge=-LARGEST_SKEW, le=LARGEST_SKEW)] | None = None
    reason: Annotated[str, Meta(max_length=50)] = ""
    session: UUID | None = None
    override_reason: Text = ""
    answers: dict[Annotated[str, Meta(max_length=100)], Text | float | bool | None] = {}
    undoes: Annotated[str, Meta(max_length=200, pattern=NO_NUL)] = ""
    remark: Annotated[str, Meta(max_length=200, pattern=NO_NUL)] = ""
    operator: UUID | None = None
    by_word: bool = False

    @property
    def is_admission(self) -> bool:
        """The desk did not turn the person away."""
        return self.reason in OWN

    @property
    def is_refusal(self) -> bool:
        return not self.undoes and not self.is_admission

    def lacks(self) -> str:
        """Why it makes no sense; empty where it does (checkin-82)."""
        if self.undoes:
            return ""
        if self.reason not in OWN and self.reason not in REFUSED:
            return "reason: none of the reason codes"
        if bool(self.code) == bool(self.sealed):
            return "code: the raw code is missing, or there are two of them"
        return "" if self.activities else "activities: at least one"


class Timed(msgspec.Struct, frozen=True):
    """An item with its place in the request, its code as read, and the instant that counts: the desk's time less its last known
    skew (checkin-47).

    Nothing happens after it was received. `happened_at` is the desk's own clock, kept within what is believed of one.
    """

    place: int
    item: Item
    code: Code | None
    at: datetime
    happened_at: datetime
    skew_ms: int


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one item. `code` is `ok`, `duplicate_offline`, `annulled` (undone by its own desk), or says why not.

    `disputed`: desk and server see it differently, and an organiser is shown both.
    """

    nonce: str
    code: str
    admission: Admission | None = None
    refusal: Refusal | Busy | None = None
    reason: str = ""
    """Of a malformed item: what is wrong with it."""
    disputed: bool = False


def read(raw: Any) -> Item | Result:
    """The item, or the result of one that cannot be read; a bad one stops no other."""
    try:
        item = msgspec.convert(raw, Item)
    except (msgspec.ValidationError, RecursionError) as error:
        nonce = raw.get("nonce", "") if isinstance(raw, dict) else ""
        return Result(nonce=nonce if isinstance(nonce, str) else "", code="malformed", reason=str(error))
    lacks = item.lacks()
    return Result(nonce=item.nonce, code="malformed", reason=lacks) if lacks else item


def timed(place: int, item: Item, sent_at: datetime, now: datetime) -> Timed:
    """A desk that never measured its clock is measured by this very request."""
    skew = timedelta(milliseconds=item.skew_ms) if item.skew_ms is not None else sent_at - now
    believed = min(max(item.happened_at, now - OLDEST), now + AHEAD)
    try:
        at = min(max(item.happened_at - skew, now - OLDEST), now)
    except OverflowError:
        at = now
    skew_ms = max(-LARGEST_SKEW, min(LARGEST_SKEW, skew // timedelta(milliseconds=1)))
    return Timed(place, item, codes.read(item.code), at, believed, skew_ms)


def lanes(items: Sequence[Timed], count: int, whose: Mapping[int, UUID]) -> list[list[Timed]]:
    """Parts that may go through beside each other: all scans of one person, or of one nonce, are in one of them.

    `whose` tells by place whom a code leads to: a phone shows another one every half minute. What leads to nobody is in one
    part too, where it is counted.
    """
    group_of: dict[UUID | str | None, list[Timed]] = {}
    for one in items:
        nonce = one.item.nonce
        group, other = group_of.setdefault(whose.get(one.place), []), group_of.get(nonce)
        if other is not None and other is not group:  # a nonce of two people: what belongs to either belongs together
            group += other
            group_of |= {name: group for name, held in group_of.items() if held is other}
        group.append(one)
        group_of[nonce] = group
    found: list[list[Timed]] = [[] for _ in range(count)]
    for group in {id(group): group for group in group_of.values()}.values():
        min(found, key=len).extend(group)
    return found


def waves(items: Sequence[Timed], most: int, first: int, whose: Mapping[int, UUID]) -> list[list[Timed]]:
    """Groups that go through together: by order of happening, each nonce once in a group, nobody before their earlier scan.

    `most` in a group, and `first` in the first of them; `whose` as for `lanes`, where it is known.
    """
    found: list[list[Timed]] = []
    next_of: dict[UUID | tuple[str, str], int] = {}
    for one in sorted(items, key=lambda one: (one.at, one.place)):
        who, nonce = whose.get(one.place, ("code", one.item.code)), ("nonce", one.item.nonce)
        at = max(next_of.get(who, 0), next_of.get(nonce, 0))
        while at < len(found) and len(found[at]) >= (most if at else first):
            at += 1
        if at == len(found):
            found.append([])
        found[at].append(one)
        # One nonce is one scan: what the first has left in the log is read before the second is judged.
        next_of |= {who: at, nonce: at + 1}
    return found
