"""Whom rows name: by our number, the old one, the phone, or the name and the door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from schedules import sql
from timebank.actions.imports.runs import Import, Line
from timebank.actions.imports.values import Fault


class Person(msgspec.Struct, frozen=True):
    """A member whom a row may mean. `is_near`: lives at or below the import's node."""

    id: UUID
    number: int
    name: str
    phone: str | None
    language: str
    sex: str | None
    born_on: date | None
    staff_note: str
    state: str
    household_id: UUID
    door: str
    is_near: bool
    holds_role: bool
    old_numbers: list[str]


class Known(msgspec.Struct, frozen=True):
    """Everybody whom the rows of a batch may mean, by what names them."""

    by: Mapping[tuple[str, str], Person]

    def found(self, said: Mapping[str, Any]) -> list[Person]:
        """Those whom the row names, each once."""
        keys = [(column, str(said[column])) for column in ("number", "old_number", "phone") if column in said]
        if {"name", "door"} <= said.keys():
            keys.append(("door", f"{said['door']}\n{said['name']}"))
        return list({person.id: person for key in keys if (person := self.by.get(key))}.values())

    def knows(self, relative: str) -> bool:
        """Whether a phone or an old number leads to a member."""
        return ("phone", relative) in self.by or ("old_number", relative) in self.by


FIND = """
SELECT m.id, m.number, m.name, m.phone, m.language, m.sex, m.born_on, m.staff_note, m.state, m.household_id, h.label AS door,
       $1 = ANY (c.ancestor_ids) AS is_near,
       EXISTS (SELECT FROM role_grant g WHERE g.member_id = m.id AND g.ended_at IS NULL) AS holds_role,
       ARRAY(SELECT o.number FROM old_number o WHERE o.member_id = m.id AND o.community_id = $1 AND o.ended_at IS NULL
              ORDER BY 1) AS old_numbers
  FROM member m JOIN household h ON h.id = m.household_id JOIN community c ON c.id = m.community_id
 WHERE m.id IN (SELECT id FROM member WHERE phone = ANY ($2)
                UNION SELECT id FROM member WHERE number = ANY ($3)
                UNION SELECT member_id FROM old_number WHERE community_id = $1 AND number = ANY ($4) AND ended_at IS NULL
                UNION SELECT p.id FROM household d JOIN member p ON p.household_id = d.id
                       WHERE d.community_id = $1 AND d.label = ANY ($5) AND p.state <> 'left')
"""


async def known(run: Import, lines: Sequence[Line]) -> Known:
    """Whom these lines may mean. One statement."""
    said = [line.said for line in lines]

    def every(*columns: str) -> list[Any]:
        return list({each[column] for each in said for column in columns if column in each})

    found = await sql.rows(
        FIND, run.community_id, every("phone", "relative"), every("number"), every("old_number", "relative"), every("door")
    )
    by: dict[tuple[str, str], Person] = {}
    for person in (Person(**dict(row)) for row in found):
        by["number", str(person.number)] = person
        by["door", f"{person.door}\n{person.name}"] = person
        by |= {("old_number", number): person for number in person.old_numbers}
        if person.phone:
            by["phone", person.phone] = person
    return Known(by)


def one(known_ones: Known, said: Mapping[str, Any]) -> tuple[Person | None, list[Fault]]:
    """The member whom the row means, or why it means nobody; a name that is given has to be theirs."""
    found = known_ones.found(said)
    if not found:
        return None, [Fault("unknown_person")]
    if len(found) > 1:
        return None, [Fault("two_people")]
    person = found[0]
    if "name" in said and said["name"] != person.name:
        return None, [Fault("another_name", "name")]
    if not person.is_near:
        return None, [Fault("lives_elsewhere")]
    if person.state == "left":
        return None, [Fault("has_left")]
    return person, []


async def matched(run: Import, lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """Lines that name a member, with whom, and those that are faulty by themselves or name nobody. One statement."""
    everybody = await known(run, lines)
    good, faulty = [], []
    for line in lines:
        person, faults = one(everybody, line.said)
        own = line.faults if line.verdict is None else []
        if own or person is None:
            faulty.append(msgspec.structs.replace(line, verdict="faulty", faults=own or faults))
        else:
            good.append(msgspec.structs.replace(line, member_id=person.id, faults=[]))
    return good, faulty
