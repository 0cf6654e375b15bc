"""Loads the neighbourhood once: who moves in, what stands there, and then the year."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from schedules import sql
from timebank import database
from timebank.database import transaction
from timebank.demo import caring, giving, moving_in, neighbourhood, premises, room_use, sample_rooms, samples, teamwork
from timebank.demo.almanac import AT_ONCE, Almanac
from timebank.demo.door import Door
from timebank.demo.happenings import Happenings
from timebank.demo.progress import Progress
from timebank.demo.spending import Spending
from timebank.demo.tree import FULL, SMALL
from timebank.errors import CannotRun
from timebank.people import audit
from timebank.settings import Settings

SUBJECT = "demo:neighbourhood"
BEGUN, LOADED = "demo.begun", "demo.loaded"


class NotEmpty(CannotRun):
    """Somebody lives here already."""


async def load(settings: Settings, *, is_full: bool, seed: int, now: datetime, progress: Progress) -> None:
    """Loads into an empty database. Raises NotEmpty. The pool is open."""
    if not await is_empty():
        raise NotEmpty(
            "This database holds a neighbourhood already, and a demo is only loaded into an empty one. "
            "Name another data folder, such as TIMEBANK_DATA=data-full, or another TIMEBANK_DATABASE_URL."
        )
    async with transaction():
        await audit.write(None, BEGUN, SUBJECT, now, seed=seed, is_full=is_full)
    drawn = neighbourhood.draw(FULL if is_full else SMALL, now, ZoneInfo(settings.time_zone), seed)
    await moving_in.everybody(drawn, progress)
    await moving_in.staff(drawn, progress)
    await teamwork.begin(drawn, progress)
    space_of = await premises.furnish(drawn, progress)
    special = await sample_rooms.furnish(drawn, space_of)
    corners = await premises.equip(drawn)
    wares = await premises.stock(drawn, corners)
    almanac, door = Almanac(drawn.zone), Door(corners)
    await door.learn_cards()
    spending = Spending(drawn, corners, wares, almanac)
    happenings = Happenings(drawn, space_of, door, spending)
    happenings.enter(almanac)
    room_use.enter(almanac, drawn, space_of)
    await almanac.live(progress)
    await teamwork.ask(drawn)
    await giving.show(drawn, wares)
    await caring.show(drawn)
    await samples.show(drawn, happenings, special, progress)
    async with transaction():
        await audit.write(None, LOADED, SUBJECT, now, seed=seed, is_full=is_full)
    progress.end()


async def is_empty() -> bool:
    """Whether nobody lives here yet."""
    return not await sql.value("SELECT EXISTS (SELECT FROM community)")


async def state() -> str:
    """Whether a demo stands in the database: "", BEGUN (and not finished) or LOADED."""
    entries = {entry.did for entry in await audit.about(SUBJECT)}
    return LOADED if LOADED in entries else BEGUN if BEGUN in entries else ""


async def open_pool() -> None:
    """Connections for as many deeds as are done at once. They do not wait for the disk: a demo cut off is loaded anew."""
    engine = sql.engine()
    engine.config = engine.config | {"server_settings": {**database.ROLE_SETTINGS, "synchronous_commit": "off"}}
    await database.start_pool(AT_ONCE + 1)
