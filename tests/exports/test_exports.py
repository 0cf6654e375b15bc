"""Everything of a community, or of a member: complete, explained, nobody else's, and for who asked alone."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from schedules import sql
from schedules.wordings import Wording
from tests import given
from tests.afterwards import given as afterwards
from tests.conftest import NOW
from tests.given import People
from tests.imports.files import applied, brought
from tests.ledger import purse
from tests.neighbours.help import agreed
from timebank.actions.activities.reword_activity import reword_activity
from timebank.actions.exports import exports
from timebank.actions.exports.everything import LEFT_OUT, MEMBERS
from timebank.actions.exports.exports import ExportGone, ask_export, take_export
from timebank.actions.exports.of_communities import COMMUNITY
from timebank.actions.hours.approve_hours import approve_many
from timebank.actions.hours.close_day import close_day
from timebank.actions.neighbours.part import block, unblock
from timebank.actions.points.gifts import Wish as Present
from timebank.actions.points.gifts import give
from timebank.actions.points.relatives import Naming, confirm_relative, name_relative
from timebank.jobs import make_exports
from timebank.people import departures
from timebank.people.callers import NotAllowed
from timebank.points import estates
from timebank.web import export_files
from timebank.web.export_words import COLUMN_WORDS, FILE_WORDS


async def zipped(people: People, community_id: UUID | None) -> zipfile.ZipFile:
    """As the job makes it, in the test's transaction."""
    who = people.erin if community_id else people.bob
    made = await exports.claim(await ask_export(who.caller, community_id, NOW))
    assert made
    into = io.BytesIO()
    await export_files.write(made, await exports.files(made), NOW, into)
    return zipfile.ZipFile(into)


def rows(packed: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(packed.read(f"{name}.csv").decode("utf-8-sig"))))


async def test_a_community_takes_every_table_along_and_reads_what_each_column_is(tx: None, people: People) -> None:
    await sql.rows("UPDATE member SET staff_note = '=1+1' WHERE id = $1", people.bob.id)
    packed = await zipped(people, people.community)
    names = {contents.name for contents in (*MEMBERS, *COMMUNITY)}
    assert set(packed.namelist()) == {f"{name}.{end}" for name in names for end in ("csv", "jsonl")} | {
        "README.zh.txt",
        "README.en.txt",
    }
    found = {row["name"]: row for row in rows(packed, "members")}
    assert set(found) == {"Alice", "Bob", "Carol", "Dan", "Erin"}
    assert found["Bob"]["staff_note"] == "'=1+1"
    lines = [json.loads(line) for line in packed.read("members.jsonl").splitlines()]
    assert {line["name"]: line["staff_note"] for line in lines}["Bob"] == "=1+1"
    for language in ("zh", "en"):
        readme = packed.read(f"README.{language}.txt").decode("utf-8-sig")
        assert all(f"{name}.csv" in readme for name in names)
        assert ("seals of the ledger" if language == "en" else "账本的封印") in readme, "what is not in it is named"


def test_every_file_has_its_words() -> None:
    assert set(FILE_WORDS) == {contents.name for contents in (*MEMBERS, *COMMUNITY)}


async def test_every_table_that_names_members_is_in_an_export_or_left_out_with_a_reason(tx: None) -> None:
    """A table added later is asked about here."""
    found = await sql.rows(
        "SELECT DISTINCT conrelid::regclass::text AS name FROM pg_constraint "
        "WHERE contype = 'f' AND confrelid = 'member'::regclass"
    )
    taken = {name for each in (*MEMBERS, *COMMUNITY) for name in re.findall(r"(?:FROM|JOIN) (\w+)", each.statement)}
    assert {row["name"] for row in found} - taken == set(LEFT_OUT)
    assert "attendance" in taken


async def test_a_members_own_file_has_nobody_else_in_it(tx: None, people: People) -> None:
    """rules-16: complete and readable, and nobody else's data in it."""
    await tied(people)
    packed = await zipped(people, None)
    assert [row["name"] for row in rows(packed, "members")] == ["Bob"]
    shared = (
        "relatives",
        "gifts",
        "neighbour_help",
        "neighbour_blocks",
        "taken_over",
        "leaving",
        "claims",
        "sign_ins",
        "deeds",
    )
    assert [name for name in shared if not rows(packed, name)] == []
    assert not [name for name in shared if any(row.get("other_number") for row in rows(packed, name))]
    everything = b"".join(packed.read(name) for name in packed.namelist()).decode()
    assert not [text for text in ("Alice", "Carol", people.carol.phone) if text in everything]
    assert set(COLUMN_WORDS) >= {column for file in await exports.files(await one_asked(people)) for column in file.columns}


async def test_the_own_file_has_both_names_under_which_hours_stand_on_record(tx: None, people: People) -> None:
    session = await afterwards.choir(people, people.bob)
    await afterwards.was_in(people.bob, session, 0, 60, is_by_code=False)
    sent = await close_day(people.alice.caller, session.id, [], afterwards.over(session))
    await approve_many(people.erin.caller, sent.entry_ids, afterwards.over(session, 2))
    words = Wording(title="晨唱", title_en="Morning choir", content="Singing", risks="None known")
    await reword_activity(people.alice.caller, session.activity_id, words, afterwards.over(session, 3))
    packed = await zipped(people, None)
    for name in ("hours_entries", "service_records"):
        assert [(row["activity"], row["activity_en"]) for row in rows(packed, name)] == [(session.title, "Choir")], name
    for language, told in (("zh", "活动当时的英文名称"), ("en", "what the activity was called in English")):
        assert f"activity_en: {told}" in packed.read(f"README.{language}.txt").decode("utf-8-sig")


async def tied(people: People) -> None:
    """Bob and Carol have one of each with each other, and an import says that she is his relative."""
    other = await sql.value("SELECT number FROM member WHERE id = $1", people.carol.id)
    bond = (await name_relative(people.bob.caller, Naming(other), None, NOW)).value
    await confirm_relative(people.carol.caller, bond.bond_id, NOW)
    await purse.earn(people.bob, 10, at=None)
    await give(people.bob.caller, Present(to_number=other, units=300), NOW)
    await agreed(people)
    await block(people.bob.caller, people.carol.id, NOW)
    row = {"name": "Bob", "phone": people.bob.phone, "relative": people.carol.phone, "staff_note": "hard of hearing"}
    await applied(people.erin, await brought(people.erin, "members", people.community, row, now=NOW), NOW)
    policy = await sql.value("SELECT id FROM policy")
    await departures.go(people.bob.id, "left", people.erin.id, "moves", people.carol.id, ["pool"], policy, None, NOW)
    await estates.claim(people.bob.id, people.carol.id, "a paper", people.erin.id, NOW)


async def test_who_is_blocked_does_not_read_it_in_the_own_file(tx: None, people: People) -> None:
    await block(people.carol.caller, people.bob.id, NOW)
    await unblock(people.carol.caller, people.bob.id, NOW)
    assert "neighbour" not in "".join(row["deed"] for row in rows(await zipped(people, None), "deeds"))


async def one_asked(people: People) -> exports.Export:
    found = await exports.claim(await ask_export(people.erin.caller, people.sub_district, NOW))
    assert found
    return found


async def test_only_coordinators_take_a_community_along_and_only_who_asked_fetches_it(
    committed: str, client: httpx.AsyncClient
) -> None:
    people = await given.people(NOW)
    with pytest.raises(NotAllowed):
        await ask_export(people.alice.caller, people.community, NOW)
    made = await ask_export(people.erin.caller, people.community, NOW)
    assert await ask_export(people.erin.caller, people.community, NOW) == made
    file = f"/api/v1/exports/{made}/file"
    assert (await client.get(file, headers=people.erin.bearer)).status_code == 404
    assert await make_exports.run(NOW) == 1
    assert await make_exports.run(NOW) == 0
    taken = await client.get(file, headers=people.erin.bearer)
    assert zipfile.ZipFile(io.BytesIO(taken.content)).testzip() is None
    assert (await client.get(file, headers=people.alice.bearer)).status_code == 404
    deeds = await sql.rows("SELECT action FROM audit WHERE subject = $1 ORDER BY id", f"community:{people.community}")
    assert [row["action"] for row in deeds] == ["export.asked", "export.taken"]
    people.erin.sign_in(client)
    assert "Download (ZIP)" in (await client.get("/office/exports")).text
    assert "All my data" in (await client.get("/me/export")).text
    late = NOW + timedelta(hours=73)
    with pytest.raises(ExportGone):
        await take_export(people.erin.caller, made, late)
    assert await make_exports.forget(late) == 1
