"""Members of an old list: looked at row by row, made once, and gone again where the import is undone."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from schedules import sql
from tests import given
from tests.given import People
from tests.imports.files import applied, bringing, brought, finished, verdicts
from tests.ledger.purse import NOW
from timebank.actions.imports import carry_on, runs
from timebank.actions.imports.imports import FaultyRows, NothingToApply, apply_import, bring, undo_import
from timebank.actions.leaving.erase import erase_leaver
from timebank.actions.leaving.leave import Wish, leave
from timebank.jobs import carry_on_imports
from timebank.people import audit

OLD_LI = {"name": "李阿姨", "phone": "138 0013 8001", "door": "3-201", "old_number": "0007", "skills": "理发、量血压"}
OLD_WANG = {"name": "王伯", "door": "3-201", "relative": "13800138001", "born_on": "1950年1月2日"}


async def test_each_row_says_what_it_would_do(folk: People) -> None:
    made = await brought(
        folk.erin,
        "members",
        folk.building,
        OLD_LI,
        {"name": "Bob", "phone": "19900000002"},
        {"name": "Carol", "phone": "19900000003", "staff_note": "hard of hearing"},
        {"name": "Robert", "phone": "19900000002"},
        {"name": "小明", "phone": "13800138009", "born_on": "2020-01-01"},
        {"name": "", "phone": "1.38001E+10"},
        {"name": "无门"},
        {"name": "李阿姨", "phone": "13800138001"},
        now=NOW,
    )
    assert await verdicts(made) == [
        "new",
        "same",
        "changed",
        "faulty twice",
        "faulty under_age",
        "faulty rounded empty",
        "faulty nobody_named",
        "faulty twice",
    ]


async def test_a_phone_that_is_somebody_elses_is_never_taken(folk: People) -> None:
    made = await brought(folk.erin, "members", folk.building, {"name": "Robert", "phone": "19900000002"}, now=NOW)
    assert await verdicts(made) == ["faulty another_name"]


async def test_who_is_new_gets_household_account_and_pass_and_a_repeat_makes_nobody(folk: People) -> None:
    made = await brought(folk.erin, "members", folk.building, OLD_LI, OLD_WANG, now=NOW)
    lines = await applied(folk.erin, made, NOW)
    assert [line.outcome for line in lines] == ["made", "made"]
    found = await sql.rows(
        "SELECT m.name, m.phone, m.household_id, p.serial, w.posted FROM member m JOIN pass p ON p.member_id = m.id "
        "JOIN account a ON a.owner_id = m.id JOIN wallet w ON w.account_id = a.id WHERE m.id = ANY ($1) ORDER BY m.number",
        [line.made_id for line in lines],
    )
    assert [(row["name"], row["phone"], row["serial"], row["posted"]) for row in found] == [
        ("李阿姨", "13800138001", 1, 0),
        ("王伯", None, 1, 0),
    ]
    assert found[0]["household_id"] == found[1]["household_id"]
    again = await brought(folk.erin, "members", folk.building, OLD_LI, OLD_WANG, now=NOW)
    assert again != made
    assert await verdicts(again) == ["same", "same"]
    with pytest.raises(NothingToApply):
        await apply_import(folk.erin.caller, again, True, NOW)


async def test_the_same_file_that_waits_is_the_same_import(folk: People) -> None:
    file = bringing("members", folk.building, OLD_LI)
    assert (await bring(folk.erin.caller, file, NOW)).id == (await bring(folk.erin.caller, file, NOW)).id


async def test_relatives_behind_another_door_are_asked_and_say_yes_themselves(folk: People) -> None:
    made = await brought(
        folk.erin, "members", folk.building, {"name": "王伯", "door": "5-101", "relative": "19900000002"}, now=NOW
    )
    [line] = await applied(folk.erin, made, NOW)
    found = await sql.rows("SELECT relative_id, confirmed_at FROM relative WHERE member_id = $1", line.made_id)
    assert [tuple(row) for row in found] == [(folk.bob.id, None)]


@pytest.mark.parametrize(
    "phone, verdict",
    [
        ("12345", "faulty no_phone"),
        ("1380013800", "faulty no_phone"),
        ("138001380001", "faulty no_phone"),
        ("５６２３", "faulty no_phone"),
        ("13800138000", "new"),
        ("0571-5623 4567", "new"),
        ("5623456", "new"),
        ("+1 212 555 0100", "new"),
    ],
)
async def test_a_number_that_was_cut_off_is_faulty(folk: People, phone: str, verdict: str) -> None:
    made = await brought(folk.erin, "members", folk.building, {"name": "李阿姨", "phone": phone}, now=NOW)
    assert await verdicts(made) == [verdict]


async def test_a_row_whose_relative_stands_in_a_faulty_row_hangs_on_it_from_the_first_look_on(
    folk: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the look promises is what applying does, also where the fault is found in a later batch, and along a chain."""
    monkeypatch.setattr(carry_on, "AT_ONCE", 2)
    made = await brought(
        folk.erin,
        "members",
        folk.building,
        {"name": "甲", "phone": "13800138011", "relative": "N002"},
        {"name": "乙", "phone": "13800138012", "relative": "13800138011"},
        {"name": "丙", "phone": "13800138013", "relative": "N009"},
        {"name": "丁", "phone": "13800138014"},
        {"name": "戊", "old_number": "N002", "phone": "19900000002"},
        {"name": "己", "old_number": "N009", "phone": "no number"},
        {"name": "庚", "phone": "13800138015", "relative": "nobody"},
        now=NOW,
    )
    lines = await runs.lines(made)
    assert await verdicts(made) == [
        "faulty relative_faulty",
        "faulty relative_faulty",
        "faulty relative_faulty",
        "new",
        "faulty another_name",
        "faulty no_phone",
        "faulty relative_unknown",
    ]
    assert [line.faults[0].line for line in lines[:3]] == [6, 2, 7]
    assert [line.outcome for line in await applied(folk.erin, made, NOW, leaves_out=True)].count("made") == 1


async def test_faulty_rows_stop_the_whole_until_they_are_left_out(folk: People) -> None:
    made = await brought(folk.erin, "members", folk.building, OLD_LI, {"name": "无门"}, now=NOW)
    with pytest.raises(FaultyRows) as refused:
        await apply_import(folk.erin.caller, made, False, NOW)
    assert refused.value.facts == {"faulty": 1}
    lines = await applied(folk.erin, made, NOW, leaves_out=True)
    assert [line.outcome for line in lines] == ["made", "nothing"]


async def test_an_undone_import_takes_back_who_has_done_nothing_and_lists_the_others(folk: People) -> None:
    made = await brought(
        folk.erin,
        "members",
        folk.building,
        OLD_LI,
        OLD_WANG,
        {"name": "Carol", "phone": "19900000003", "staff_note": "hard of hearing"},
        now=NOW,
    )
    lines = await applied(folk.erin, made, NOW)
    await sql.rows(
        "INSERT INTO role_grant (id, member_id, community_id, role, granted_at) VALUES ($1, $2, $3, 'steward', $4)",
        uuid4(),
        lines[1].made_id,
        folk.building,
        NOW,
    )
    for _ in range(2):
        await undo_import(folk.erin.caller, made, "the wrong list", NOW)
    await finished(made, NOW)
    lines = await runs.lines(made)
    assert [(line.undone, line.kept_for) for line in lines] == [("taken_back", ""), ("kept", "role_grant"), ("taken_back", "")]
    erased = await sql.one("SELECT name = '#' || number, phone, state FROM member WHERE id = $1", lines[0].made_id)
    assert tuple(erased) == (True, None, "left")
    assert lines[0].said == {}
    assert await sql.value("SELECT staff_note FROM member WHERE id = $1", folk.carol.id) == ""
    again = await brought(folk.erin, "members", folk.building, OLD_LI, now=NOW)
    assert await verdicts(again) == ["new"]


async def test_a_colleague_with_a_role_is_not_written_over_by_a_file(folk: People) -> None:
    frank = await given.member("Frank", "19900000009", folk.building, NOW, "steward", folk.building)
    made = await brought(
        folk.erin, "members", folk.building, {"name": "Frank", "phone": frank.phone, "staff_note": "x"}, now=NOW
    )
    assert await verdicts(made) == ["faulty holds_role"]


async def test_what_a_row_said_of_people_is_forgotten_after_three_months(folk: People) -> None:
    done = await brought(folk.erin, "members", folk.building, OLD_LI, now=NOW)
    await applied(folk.erin, done, NOW)
    waiting = await brought(folk.erin, "members", folk.building, OLD_WANG, now=NOW)
    assert await carry_on_imports.forget(NOW + timedelta(days=89)) == 0
    assert await carry_on_imports.forget(NOW + timedelta(days=91)) == 2
    assert [(line.said, line.outcome) for line in await runs.lines(done)] == [({}, "made")]
    assert ((await runs.one(waiting)).state, (await runs.one(waiting)).finished_at) == ("dropped", NOW + timedelta(days=91))
    assert "import.dropped" in [each.did for each in await audit.about(f"import:{waiting}")]


async def test_an_undoing_after_three_months_says_why_it_leaves_a_change(folk: People) -> None:
    made = await brought(folk.erin, "members", folk.building, {"name": "Carol", "phone": "19900000003", "sex": "女"}, now=NOW)
    await applied(folk.erin, made, NOW)
    later = NOW + timedelta(days=91)
    await carry_on_imports.forget(later)
    await undo_import(folk.erin.caller, made, "the wrong list", later)
    await finished(made, later)
    assert [(line.undone, line.kept_for) for line in await runs.lines(made)] == [("kept", "forgotten")]


async def test_when_the_data_go_no_row_of_another_names_the_phone_and_what_waits_passes_over_it(folk: People) -> None:
    """rules-17: also rows that name the person as a relative, that found nobody, or that nobody has confirmed yet."""
    done = await brought(folk.erin, "members", folk.building, {**OLD_WANG, "relative": folk.carol.phone}, now=NOW)
    await applied(folk.erin, done, NOW)
    waiting = await brought(
        folk.erin,
        "members",
        folk.building,
        OLD_LI,
        {"name": "Carol", "phone": folk.carol.phone, "staff_note": "hard of hearing"},
        {"name": "Karla", "phone": folk.carol.phone},
        now=NOW,
    )
    await sql.rows("INSERT INTO old_number VALUES ($1, '0031', $2)", folk.building, folk.carol.id)
    by_number = await brought(folk.erin, "members", folk.building, {**OLD_LI, "relative": "0031"}, now=NOW)
    await leave(folk.carol.caller, Wish(erases=True), NOW)
    await erase_leaver(folk.carol.id, NOW)
    assert await sql.rows("SELECT FROM import_line WHERE said::text LIKE '%' || $1 || '%'", folk.carol.phone) == []
    assert (await runs.lines(done))[0].said["name"] == "王伯"
    assert "relative" not in (await runs.lines(by_number))[0].said
    lines = await applied(folk.erin, waiting, NOW, leaves_out=True)
    assert [line.outcome for line in lines] == ["made", "failed", "nothing"]
