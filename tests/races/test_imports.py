"""One file sent twice, apply pressed twice, several sweepers, and an undoing in the middle: every row counts once."""

from __future__ import annotations

import asyncio

import pytest

from schedules import sql
from tests import given
from tests.conftest import NOW
from tests.given import People
from tests.imports.files import bringing, finished
from tests.ledger import purse
from timebank.actions.imports import runs
from timebank.actions.imports.carry_on import carry_on
from timebank.actions.imports.imports import apply_import, bring, confirm_undo, undo_import
from timebank.database import transaction
from timebank.jobs import carry_on_imports

pytestmark = pytest.mark.race
ROWS = 450
"""More than two batches."""


async def brought_twice(people: People, *rows: dict[str, str]) -> runs.Import:
    """The same file sent four times at once."""
    file = bringing("balances" if "points" in rows[0] else "members", people.community, *rows)
    made = await asyncio.gather(*(bring(people.erin.caller, file, NOW) for _ in range(4)))
    assert len({kept.id for kept in made}) == 1
    await asyncio.gather(*(finished(made[0].id, NOW) for _ in range(2)))
    return await runs.one(made[0].id)


async def test_a_list_sent_and_applied_many_times_at_once_makes_everybody_once(committed: str) -> None:
    people = await given.people(NOW)
    run = await brought_twice(people, *({"name": f"李{n}", "phone": f"139{n:08}"} for n in range(ROWS)))
    await asyncio.gather(*(apply_import(people.erin.caller, run.id, False, NOW) for _ in range(4)))
    await asyncio.gather(*(finished(run.id, NOW) for _ in range(3)))
    assert await runs.counts(run.id) == {"verdict:new": ROWS, "outcome:made": ROWS}
    assert await sql.value("SELECT count(*) FROM member WHERE name LIKE '李%'") == ROWS
    assert await sql.value("SELECT count(*) FROM audit WHERE action IN ('import.confirmed', 'import.applied')") == 2


async def test_an_undoing_in_the_middle_takes_back_what_was_done_and_stops_the_rest(committed: str) -> None:
    people = await given.people(NOW)
    grace = await given.member("Grace", "19900000008", people.sub_district, NOW, "coordinator", people.sub_district)
    run = await brought_twice(
        people,
        *({"phone": each.phone, "points": "3", "reference": str(n)} for each in (people.bob, people.carol) for n in range(150)),
    )
    await apply_import(grace.caller, run.id, False, NOW)
    await carry_on(run.id, NOW)
    await undo_import(people.erin.caller, run.id, "the wrong file", NOW)
    await asyncio.gather(
        confirm_undo(grace.caller, run.id, NOW), confirm_undo(grace.caller, run.id, NOW), carry_on(run.id, NOW)
    )
    await asyncio.gather(*(finished(run.id, NOW) for _ in range(3)))
    ended = await runs.one(run.id)
    assert (ended.state, ended.undone_by_id) == ("undone", grace.id)
    counts = await runs.counts(run.id)
    assert counts["outcome:made"] in (200, 300)
    assert counts["undone:taken_back"] == counts["outcome:made"]
    assert (await purse.available(people.bob), await purse.available(people.carol)) == (0, 0)
    async with transaction():
        await purse.sound()


class Killed(BaseException):
    """The process is gone in the middle of a batch."""


async def test_a_process_killed_in_a_batch_has_done_nothing_of_it(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    people = await given.people(NOW)
    run = await brought_twice(people, *({"name": f"李{n}", "phone": f"139{n:08}"} for n in range(ROWS)))
    await apply_import(people.erin.caller, run.id, False, NOW)
    keep, kept = runs.keep, 0

    async def dies(*values: object) -> None:
        nonlocal kept
        await keep(*values)  # type: ignore[arg-type]
        kept += 1
        if kept == 2:
            raise Killed

    monkeypatch.setattr(runs, "keep", dies)
    with pytest.raises(Killed):
        await carry_on_imports.run(NOW)
    assert await sql.value("SELECT count(*) FROM member WHERE name LIKE '李%'") == 200
    assert (await runs.counts(run.id))["outcome:made"] == 200
    assert await carry_on_imports.run(NOW) == 1
    assert (await runs.one(run.id)).state == "done"
    assert await sql.value("SELECT count(*) FROM member WHERE name LIKE '李%'") == ROWS
