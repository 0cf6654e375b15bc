"""Rooms that people share: what they are, and the rules for booking them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID, uuid4

import asyncpg
import msgspec
from msgspec import Meta

from schedules import opening, sql
from schedules.errors import Malformed, NotFound, Refusal
from schedules.opening import Window

Minutes = Annotated[int, Meta(ge=0, le=100_000)]
Approval = Literal["none", "holds", "competing"]
"""Of a booking: none is needed; a request holds its time until it is decided; requests compete, and one of them gets it."""


class NameTaken(Refusal):
    """The community has a space of this name already. Facts: name."""


class RulesClash(Malformed):
    """Two rules leave no time that could be booked. Facts: field, reason."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The rules for booking one space, as they stand or as they were frozen into a booking."""

    grid: Annotated[int, Meta(ge=5, le=1440)] = 30
    """Minutes: uses start and end on multiples of it, counted from local midnight. Divides a day."""
    shortest: Annotated[int, Meta(ge=1, le=100_000)] = 30
    """Minutes."""
    longest: Annotated[int, Meta(ge=1, le=100_000)] = 240
    """Minutes; a whole number of days is counted in local days (booking-81)."""
    notice: Minutes = 0
    """Minutes between the request and the start."""
    horizon: Annotated[int, Meta(ge=1, le=3660)] = 14
    """Local days ahead, inclusive, measured to the end of the use."""
    turnaround: Minutes = 0
    """Minutes after the use before the next can begin."""
    may_overrun: bool = True
    """The turnaround may run past closing."""
    week_quota: Annotated[int, Meta(ge=0, le=1000)] | None = None
    """Bookings a household may have here a week (Monday to Sunday, by their start). Zero means zero; none: no limit."""
    quota_group: Annotated[str, Meta(max_length=60)] = ""
    """Spaces of one community with the same group count together against `week_quota`; empty: this space alone."""
    chain_gap: Annotated[int, Meta(ge=0, le=1440)] = 0
    """Minutes: bookings of a household with less between them count together against `longest`. Zero: each counts alone."""
    one_at_a_time: bool = False
    """A person who has another booking at that time, in whatever space, cannot book here."""


class Space(Rules, frozen=True, kw_only=True):
    """A room with its rules. `key` stands for it in the occupancy table."""

    id: UUID
    key: int
    community_id: UUID
    name: str
    name_en: str
    about: str
    about_en: str
    seats: int
    time_zone: str
    state: Literal["open", "retired"]
    units: int = 1
    """Alike and interchangeable, such as desks: a booking takes some of them. One: the space is used as a whole."""
    approval: Approval = "none"
    decide_within: int = 2880
    """Minutes in which staff answer a request; it lapses afterwards, and at its start at the latest."""
    again_when_moved: bool = True
    """A booking that was approved needs approval again when it is moved."""
    is_priced: bool = False
    """Somebody keeps a price for it; what it costs is no question of `schedules`."""
    remind_before: int = 180
    """Minutes before its start in which the holder of a booking is reminded; zero: not at all."""


RULES = ", ".join(Rules.__struct_fields__)
COLUMNS = ", ".join(Space.__struct_fields__)


def rules_of(space: Rules) -> Rules:
    """The rules alone, to be frozen into a booking."""
    return Rules(**{name: getattr(space, name) for name in Rules.__struct_fields__})


def check(rules: Rules) -> None:
    """Raises Malformed for rules that no booking could meet."""
    if 1440 % rules.grid:
        raise Malformed(field="grid", reason="the grid must divide a day evenly, such as 15, 30 or 60 minutes")
    if rules.longest < -(-rules.shortest // rules.grid) * rules.grid:
        raise RulesClash(field="longest", reason="the longest use must have room for the shortest on the grid")


async def create(
    community_id: UUID,
    name: str,
    seats: int,
    time_zone: str,
    *,
    now: datetime,
    name_en: str = "",
    about: str = "",
    about_en: str = "",
    rules: Rules | None = None,
    hours: Sequence[Window] = (),
    space_id: UUID | None = None,
    remind_before: int = 180,
) -> UUID:
    """A new space with its hours; its id. Raises NameTaken and Malformed."""
    chosen = rules or Rules()
    check(chosen)
    fields = msgspec.structs.astuple(chosen)
    made = await sql.value(
        f"INSERT INTO space (id, community_id, name, name_en, about, about_en, seats, time_zone, made_at, changed_at, "
        f"remind_before, {RULES}) "
        f"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, {', '.join(f'${11 + place}' for place in range(len(fields)))}) "
        "ON CONFLICT (community_id, name) DO NOTHING RETURNING id",
        space_id or uuid4(),
        community_id,
        name,
        name_en,
        about,
        about_en,
        seats,
        time_zone,
        now,
        remind_before,
        *fields,
    )
    if made is None:
        raise NameTaken(name=name)
    if hours:
        await opening.write(made, hours)
    return UUID(str(made))


async def set_hours(space_id: UUID, windows: Sequence[Window], *, now: datetime) -> None:
    """Replaces the opening hours; bookings made before stay valid (booking-32). Raises Malformed. Safe to repeat."""
    await opening.write(space_id, windows)
    await sql.rows("UPDATE space SET changed_at = $2 WHERE id = $1", space_id, now)


async def one(space_id: UUID) -> Space:
    """A space, also a retired one. Raises NotFound."""
    found = await sql.row(f"SELECT {COLUMNS} FROM space WHERE id = $1", space_id)
    if found is None:
        raise NotFound(what="space")
    return Space(**dict(found.items()))


async def in_use(community_ids: Sequence[UUID] | None = None) -> list[Space]:
    """Spaces that can be booked, of these communities or of all, by name."""
    found = await sql.rows(
        f"SELECT {COLUMNS} FROM space WHERE state = 'open' AND ($1::uuid[] IS NULL OR community_id = ANY($1)) ORDER BY name",
        None if community_ids is None else list(community_ids),
    )
    return [Space(**dict(row.items())) for row in found]


async def of_communities(community_ids: Sequence[UUID]) -> list[Space]:
    """All spaces of these communities, retired ones too, by name: for those who keep them."""
    found = await sql.rows(f"SELECT {COLUMNS} FROM space WHERE community_id = ANY($1) ORDER BY name", list(community_ids))
    return [Space(**dict(row.items())) for row in found]


async def edit(
    space_id: UUID,
    *,
    name: str,
    name_en: str,
    about: str,
    about_en: str,
    seats: int,
    rules: Rules,
    now: datetime,
    remind_before: int = 180,
) -> None:
    """Changes what a space is and its rules, for bookings made from now on (booking.md A12). Safe to repeat.

    Raises NameTaken, Malformed, NotFound.
    """
    check(rules)
    assigned = ", ".join(f"{field} = ${9 + place}" for place, field in enumerate(Rules.__struct_fields__))
    try:
        found = await sql.rows(
            "UPDATE space SET name = $2, name_en = $3, about = $4, about_en = $5, seats = $6, changed_at = $7, "
            f"remind_before = $8, {assigned} WHERE id = $1 RETURNING id",
            space_id,
            name,
            name_en,
            about,
            about_en,
            seats,
            now,
            remind_before,
            *msgspec.structs.astuple(rules),
        )
    except asyncpg.UniqueViolationError as error:
        raise NameTaken(name=name) from error
    if not found:
        raise NotFound(what="space")


async def set_state(space_id: UUID, state: Literal["open", "retired"], *, now: datetime) -> bool:
    """Takes a space out of use, or into use again; bookings made stay. Whether this changed anything. Safe to repeat."""
    changed = "UPDATE space SET state = $2, changed_at = $3 WHERE id = $1 AND state <> $2 RETURNING id"
    return bool(await sql.rows(changed, space_id, state, now))


async def set_approval(
    space_id: UUID, approval: Approval, decide_within: int, again_when_moved: bool, *, now: datetime
) -> None:
    """Whether staff decide on bookings from now on, and within how many minutes. Requests made keep theirs. Safe to repeat."""
    await sql.rows(
        "UPDATE space SET approval = $2, decide_within = $3, again_when_moved = $4, changed_at = $5 WHERE id = $1",
        space_id,
        approval,
        decide_within,
        again_when_moved,
        now,
    )
