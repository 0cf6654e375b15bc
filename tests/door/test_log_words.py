"""What SQL, Python and the desk's page say of the scan log is one thing: columns, what is evidence, a quarter of an hour."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from schedules import oddity_kinds, presence, scans, sql, undos
from schedules.scans import Row

DESK = Path(__file__).parents[2] / "timebank/pages/assets/door/desk.ts"


async def test_every_field_of_a_row_is_written_by_both_ways_into_the_log(tx: None) -> None:
    """A field that one of them leaves out would be lost without a word."""
    keeps = await sql.value("SELECT pg_get_functiondef('scans_keep'::regproc)")
    (into,) = re.findall(r"INSERT INTO scan \((.*?)\)", keeps, re.DOTALL)
    (read,) = re.findall(r"SELECT (nonce.*?)\s+FROM json_populate_recordset", keeps, re.DOTALL)
    for columns in (into, read, scans.COLUMNS):
        assert set(re.findall(r"\w+", columns)) == set(Row.__struct_fields__)


async def test_what_is_evidence_and_for_how_long_a_desk_undoes_is_the_same_everywhere(tx: None) -> None:
    views = {name: await sql.value("SELECT pg_get_viewdef($1::text::regclass)", name) for name in ("presence", "passage")}
    (listed,) = re.findall(r"reason = ANY \(ARRAY\[(.*?)\]", views["presence"])
    assert set(re.findall(r"'(\w+)'", listed)) == set(presence.EVIDENCE)
    assert str(presence.EVIDENCE) in undos.EVIDENCE == oddity_kinds.UNDOABLE
    (minutes,) = re.findall(r"'00:(\d\d):00'::interval", views["passage"])
    assert timedelta(minutes=int(minutes)) == presence.UNDO
    (on_page,) = re.findall(r"UNDO_FOR = (\d+) \* 60_000", DESK.read_text())
    assert timedelta(minutes=int(on_page)) == presence.UNDO


async def test_told_late_is_the_same_for_the_sign_and_its_index(tx: None) -> None:
    index = await sql.value("SELECT pg_get_indexdef('scan_told_late'::regclass)")
    assert "'01:00:00'::interval" in index
    assert "interval '1 hour'" in oddity_kinds.LATE
