"""Rows that are members: who is new, who is here already, and what the file knows better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec

from schedules import sql
from timebank.actions.imports import persons
from timebank.actions.imports.persons import Known, Person
from timebank.actions.imports.runs import Import, Line
from timebank.actions.imports.values import Fault
from timebank.people import audit, members, passes
from timebank.people.members import NewMember
from timebank.points import accounts

FILLED = {"phone": "phone", "chosen_language": "language", "sex": "sex", "born_on": "born_on", "staff_note": "staff_note"}
"""Columns that may change a member, with the member's field."""


async def judge(run: Import, lines: Sequence[Line]) -> list[Line]:
    """What each line would do now. Changes nothing."""
    known = await persons.known(run, lines)
    named = {line.said["relative"] for line in lines if "relative" in line.said}
    coming = await _coming(run, {each for each in named if not known.knows(each)})
    return [_judged(line, known, coming) for line in lines]


BROUGHT = """
SELECT key, CASE WHEN bool_and(coalesce(verdict = 'faulty', faults <> '[]')) THEN min(line) END AS faulty
  FROM import_line, unnest(ARRAY[said ->> 'phone', said ->> 'old_number']) AS key
 WHERE import_id = $1 AND key IS NOT NULL GROUP BY key
"""


async def _coming(run: Import, named: set[str]) -> dict[str, int | None]:
    """Of these phones and old numbers, those that rows of the same file bring; with a row where all that do are faulty.

    Reads all its rows.
    """
    if not named:
        return {}
    found = await sql.rows(f"SELECT key, faulty FROM ({BROUGHT}) AS b WHERE key = ANY ($2)", run.id, list(named))
    return {row["key"]: row["faulty"] for row in found}


async def look_again(run: Import) -> int:
    """Lines that were looked at before it showed that their relative's row is faulty wait anew; how many. One statement."""
    found = await sql.rows(
        f"UPDATE import_line l SET verdict = NULL, member_id = NULL FROM ({BROUGHT}) AS b "
        "WHERE l.import_id = $1 AND l.verdict <> 'faulty' AND l.said ->> 'relative' = b.key AND b.faulty IS NOT NULL "
        "AND NOT EXISTS (SELECT FROM member WHERE phone = b.key) AND NOT EXISTS (SELECT FROM old_number "
        "WHERE community_id = $2 AND number = b.key AND ended_at IS NULL) RETURNING 1",
        run.id,
        run.community_id,
    )
    return len(found)


def _judged(line: Line, known: Known, coming: Mapping[str, int | None]) -> Line:
    if line.faults and line.verdict is None:
        return msgspec.structs.replace(line, verdict="faulty")
    # Whoever the row was about has left meanwhile, and its words went with the person's data.
    if not line.said:
        return _faulty(line, Fault("nobody_named"))
    said = line.said
    if "relative" in said and not known.knows(said["relative"]):
        if said["relative"] not in coming:
            return _faulty(line, Fault("relative_unknown", "relative"))
        if (other := coming[said["relative"]]) is not None:
            return _faulty(line, Fault("relative_faulty", "relative", other))
    if said.get("relative") in (said.get("phone"), said.get("old_number")) and "relative" in said:
        return _faulty(line, Fault("relative_oneself", "relative"))
    if not known.found(said):
        return msgspec.structs.replace(line, verdict="new", faults=[])
    person, faults = persons.one(known, said)
    if person is None:
        return _faulty(line, *faults)
    changes = _changes(person, said)
    if wrong := _in_the_way(person, said, bool(changes)):
        return _faulty(line, wrong)
    return msgspec.structs.replace(line, verdict="changed" if changes else "same", member_id=person.id, faults=[])


def _faulty(line: Line, *faults: Fault) -> Line:
    return msgspec.structs.replace(line, verdict="faulty", faults=list(faults))


def _in_the_way(person: Person, said: dict[str, Any], is_change: bool) -> Fault | None:
    if "door" in said and said["door"] != person.door:
        return Fault("another_door", "door")
    if "phone" in said and person.phone and said["phone"] != person.phone:
        return Fault("another_phone", "phone")
    # Staff are not renamed or written over by a file: a colleague who may do so does it by hand.
    return Fault("holds_role") if is_change and person.holds_role else None


def _changes(person: Person, said: dict[str, Any]) -> dict[str, Any]:
    """Fields that the file fills or corrects, as they are now."""
    now = {field: getattr(person, field) for column, field in FILLED.items() if column in said}
    now = {field: value.isoformat() if isinstance(value, date) else value for field, value in now.items()}
    changed = {
        FILLED[column]: now[FILLED[column]] for column in FILLED if column in said and said[column] != now[FILLED[column]]
    }
    if "old_number" in said and said["old_number"] not in person.old_numbers:
        changed["old_number"] = None
    return changed


async def apply(run: Import, lines: Sequence[Line], now: datetime) -> list[Line]:
    """Makes who is new, with household, account and pass; changes who is here. Lines are judged anew in this transaction."""
    new = [line for line in lines if line.verdict == "new"]
    made = await _make(run, new, now)
    known = await persons.known(run, lines)
    done = []
    for line in lines:
        if line.verdict == "changed" and (found := known.found(line.said)):
            before = _changes(found[0], line.said)
            await _change(run, line, found[0].id)
            done.append(msgspec.structs.replace(line, outcome="changed", made_id=found[0].id, before=before))
        elif line.line in made:
            done.append(msgspec.structs.replace(line, outcome="made", made_id=made[line.line], member_id=made[line.line]))
    return done


async def _make(run: Import, lines: Sequence[Line], now: datetime) -> dict[int, UUID]:
    """The members of these lines, in few statements."""
    homes = await _households(run, lines)
    new = {line.line: _new(line.said, homes[line.line]) for line in lines}
    if not new:
        return {}
    ids = [each.id for each in new.values()]
    await members.create_many(list(new.values()), now.astimezone(ZoneInfo(run.time_zone)))
    await accounts.open_many(ids)
    await passes.issue_many(ids, now)
    await _old_numbers(run, {new[line.line].id: line.said["old_number"] for line in lines if "old_number" in line.said})
    await audit.write_many(
        run.applied_by_id, "member.created", [f"member:{made}" for made in ids], now, {"by_import": str(run.id)}
    )
    return {line: each.id for line, each in new.items()}


def _new(said: dict[str, Any], household_id: UUID) -> NewMember:
    return NewMember(
        household_id=household_id,
        name=said["name"],
        phone=said.get("phone", ""),
        language=said.get("chosen_language", "zh"),
        sex=said.get("sex"),
        born_on=date.fromisoformat(said["born_on"]) if "born_on" in said else None,
        skills=tuple(said.get("skills", ())),
        staff_note=said.get("staff_note", ""),
    )


async def _households(run: Import, lines: Sequence[Line]) -> dict[int, UUID]:
    """The household of each line: one behind each door, made where it is new; without a door one of their own."""
    labels = sorted({line.said["door"] for line in lines if "door" in line.said})
    # Two who open one door at once: the second waits, then finds the first's household. Ascending: nobody waits in a ring.
    await sql.rows(
        "INSERT INTO household (id, community_id, label) SELECT gen_random_uuid(), $1, label "
        "FROM unnest($2::text[]) AS l (label) ORDER BY label ON CONFLICT (community_id, label) WHERE label <> '' DO NOTHING",
        run.community_id,
        labels,
    )
    found = await sql.rows(
        "SELECT id, label FROM household WHERE community_id = $1 AND label = ANY ($2)", run.community_id, labels
    )
    behind: dict[str, UUID] = {row["label"]: row["id"] for row in found}
    own = {line.line: uuid4() for line in lines if "door" not in line.said}
    await sql.rows(
        "INSERT INTO household (id, community_id) SELECT id, $1 FROM unnest($2::uuid[]) AS n (id)",
        run.community_id,
        list(own.values()),
    )
    return {line.line: own.get(line.line) or behind[line.said["door"]] for line in lines}


async def _change(run: Import, line: Line, member_id: UUID) -> None:
    said = line.said
    await sql.rows(
        "UPDATE member SET phone = coalesce($2, phone), language = coalesce($3, language), sex = coalesce($4, sex), "
        "born_on = coalesce($5, born_on), staff_note = coalesce($6, staff_note) WHERE id = $1",
        member_id,
        said.get("phone"),
        said.get("chosen_language"),
        said.get("sex"),
        date.fromisoformat(said["born_on"]) if "born_on" in said else None,
        said.get("staff_note"),
    )
    if "old_number" in said:
        await _old_numbers(run, {member_id: said["old_number"]})


async def _old_numbers(run: Import, numbers: dict[UUID, str]) -> None:
    await sql.rows(
        "INSERT INTO old_number (community_id, number, member_id) SELECT $1, n.number, n.member_id "
        "FROM unnest($2::text[], $3::uuid[]) AS n (number, member_id) "
        "WHERE NOT EXISTS (SELECT FROM old_number o WHERE o.community_id = $1 AND o.number = n.number "
        "AND o.member_id = n.member_id AND o.ended_at IS NULL)",
        run.community_id,
        list(numbers.values()),
        list(numbers),
    )


NAME_RELATIVES = """
INSERT INTO relative (id, member_id, relative_id, named_at)
SELECT DISTINCT ON (least(l.member_id, other.id), greatest(l.member_id, other.id)) gen_random_uuid(), l.member_id, other.id, $2
  FROM import_line l JOIN import i ON i.id = l.import_id
  JOIN LATERAL (SELECT id FROM member WHERE phone = l.said ->> 'relative'
                UNION SELECT member_id FROM old_number
                       WHERE community_id = i.community_id AND number = l.said ->> 'relative' AND ended_at IS NULL LIMIT 1)
       AS other ON other.id <> l.member_id
 WHERE l.import_id = $1 AND l.outcome IN ('made', 'changed') AND l.said ? 'relative'
   AND NOT EXISTS (SELECT FROM member a JOIN member b ON b.household_id = a.household_id
                    WHERE a.id = l.member_id AND b.id = other.id)
ON CONFLICT DO NOTHING
"""


async def finish(run: Import, now: datetime) -> None:
    """Relatives whom the rows name are asked, once everybody is here; the yes is theirs to say (decision 33)."""
    await sql.rows(NAME_RELATIVES, run.id, now)
