"""Past service: records of class C that say that they were taken over and who vouches, earn nothing, and can be annulled."""

from __future__ import annotations

import pytest

from schedules import sql
from tests.given import People
from tests.imports.files import applied, brought, finished, verdicts
from tests.imports.test_balances import second
from tests.ledger import purse
from tests.ledger.purse import NOW
from timebank.actions.imports import runs
from timebank.actions.imports.imports import confirm_undo, undo_import

SERVICE = {
    "phone": "19900000002",
    "activity_name": "独居老人探访",
    "served_on": "2019-05-04",
    "place": "3号楼",
    "service_content": "陪聊、量血压",
    "service_hours": "1:30",
    "organising_unit": "春晖社区居委会",
    "person_in_charge": "王主任",
}


async def test_hours_of_an_old_scheme_are_class_c_and_earn_nothing(folk: People) -> None:
    """rules-2: class C never earns, by whatever path."""
    grace = await second(folk)
    made = await brought(folk.erin, "records", folk.community, SERVICE, {**SERVICE, "served_on": "2019/6/4"}, now=NOW)
    lines = await applied(grace, made, NOW)
    row = await sql.one(
        "SELECT r.class, r.source, r.service_minutes, r.entered_by, r.approved_by, t.vouched_by, t.source AS scheme "
        "FROM service_record r JOIN taken_over_record t ON t.record_id = r.id WHERE r.id = $1",
        lines[0].made_id,
    )
    assert tuple(row) == ("C", "import", 90, folk.erin.id, grace.id, "王主任", "爱心卡")
    assert not await sql.value("SELECT count(*) FROM intent")
    assert await purse.available(folk.bob) == 0
    again = await brought(folk.erin, "records", folk.community, SERVICE, now=NOW)
    assert await verdicts(again) == ["same"]


@pytest.mark.parametrize(
    "column", ["activity_name", "served_on", "place", "service_content", "service_hours", "organising_unit", "person_in_charge"]
)
async def test_a_row_without_one_of_the_seven_fields_is_faulty(folk: People, column: str) -> None:
    """rules-4: refused, also by import."""
    assert await verdicts(await brought(folk.erin, "records", folk.community, {**SERVICE, column: " "}, now=NOW)) == [
        "faulty empty"
    ]


@pytest.mark.parametrize("served_on", ["2026-11-27", "04/05/2019", "2019-02-30", "1.2.2019"])
async def test_a_day_to_come_or_in_another_order_is_faulty(folk: People, served_on: str) -> None:
    made = await brought(folk.erin, "records", folk.community, {**SERVICE, "served_on": served_on}, now=NOW)
    assert (await verdicts(made))[0] in ("faulty no_day", "faulty not_past")


async def test_undone_records_are_annulled_by_new_rows(folk: People) -> None:
    grace = await second(folk)
    made = await brought(folk.erin, "records", folk.community, SERVICE, now=NOW)
    [line] = await applied(grace, made, NOW)
    await undo_import(grace.caller, made, "another Bob", NOW)
    await confirm_undo(folk.erin.caller, made, NOW)
    await finished(made, NOW)
    versions = await sql.rows(
        "SELECT version, is_withdrawn, service_minutes FROM service_record WHERE $1 IN (id, first_id) ORDER BY version",
        line.made_id,
    )
    assert [tuple(row) for row in versions] == [(1, False, 90), (2, True, 0)]
    assert [line.undone for line in await runs.lines(made)] == ["taken_back"]
    assert await verdicts(await brought(folk.erin, "records", folk.community, SERVICE, now=NOW)) == ["new"]
