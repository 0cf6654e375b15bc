"""Households and who lives in them: ages, names, telephones. Nothing here touches the database.

Children under fourteen are not among them: nothing is kept about a child without a guardian's consent (rules.md 7).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from random import Random
from uuid import UUID, uuid4

import msgspec

from timebank.demo import names
from timebank.demo.names import Sex
from timebank.demo.tree import Node, Size, Tree
from timebank.people.members import GUARDIAN_UNTIL

# No operator in China was given the numbers that begin with 154, so none of these rings anybody; they have the length and
# the look of a mobile number. 154 0000 xxxx is kept for the accounts that `timebank up` prints.
PHONE_PREFIX = "154"
FIRST_PHONE, LAST_PHONE = 1000_0000, 9999_9999

SKILLS = ("急救", "维修", "理发", "书法", "辅导作业", "摄影", "英语", "手语")

# How a household is made up and how many of a hundred are so: the ages of the adults, how many children.
KINDS: tuple[tuple[int, str, int, int, int], ...] = (
    (13, "one", 66, 90, 0),
    (19, "couple", 60, 84, 0),
    (30, "couple", 30, 48, 1),
    (14, "three", 30, 46, 1),
    (8, "couple", 32, 46, 2),
    (8, "couple", 25, 55, 0),
    (8, "one", 22, 50, 0),
)


class Household(msgspec.Struct, frozen=True):
    id: UUID
    community_id: UUID
    label: str


class Resident(msgspec.Struct, frozen=True):
    id: UUID
    household_id: UUID
    community_id: UUID
    """The building."""
    path: tuple[UUID, ...]
    name: str
    sex: Sex
    born_on: date
    phone: str | None
    skills: tuple[str, ...]
    joined_on: date

    def age(self, today: date) -> int:
        return today.year - self.born_on.year - ((today.month, today.day) < (self.born_on.month, self.born_on.day))


class People(msgspec.Struct, frozen=True):
    households: list[Household]
    residents: list[Resident]


def by_community(people: Iterable[Resident]) -> dict[UUID, list[Resident]]:
    """People by the id of the community in which their building stands."""
    found: dict[UUID, list[Resident]] = defaultdict(list)
    for each in people:
        found[each.path[1]].append(each)
    return found


def settle(found: People, tree: Tree, size: Size, today: date, rng: Random) -> None:
    """Fills up to exactly `size.residents` people of fourteen and older, over all buildings; most joined over a year ago."""
    phones = iter(rng.sample(range(FIRST_PHONE, LAST_PHONE), size.residents))
    doors = {building.id: _doors() for building in tree.buildings}
    while len(found.residents) < size.residents:
        for building in tree.buildings:
            home = Household(uuid4(), building.id, f"{building.name}{next(doors[building.id])}")
            found.households.append(home)
            for surname, sex, age in _family(rng)[: size.residents - len(found.residents)]:
                found.residents.append(_resident(home, building, surname, sex, age, today, phones, rng))
            if len(found.residents) == size.residents:
                break


def _doors() -> Iterator[str]:
    """The doors of a house, floor by floor: two staircases, two doors a landing."""
    floor = 0
    while True:
        floor += 1
        for stair in (1, 2):
            for door in (1, 2):
                yield f"{stair}单元{floor}0{door}"


def _family(rng: Random) -> list[tuple[str, Sex, int]]:
    """Surname, sex and age of everybody in one household."""
    _, kind, youngest, eldest, children = rng.choices(KINDS, [row[0] for row in KINDS])[0]
    surname, age = names.surname(rng), rng.randint(youngest, eldest)
    man: tuple[str, Sex, int] = (surname, "male", age)
    woman: tuple[str, Sex, int] = (names.surname(rng), "female", max(20, age - rng.randint(-1, 5)))
    if kind == "one":
        return [rng.choice((man, woman))]
    family = [man, woman]
    if kind == "three":
        family.append((surname, "male", age + rng.randint(24, 30)))
        family.append((names.surname(rng), "female", age + rng.randint(22, 28)))
        family = family[: rng.choice((3, 4))]
    for _ in range(children):
        family.append((surname, rng.choice(("female", "male")), rng.randint(0, min(17, age - 22))))
    return [person for person in family if person[2] >= GUARDIAN_UNTIL]


def _resident(
    home: Household, building: Node, surname: str, sex: Sex, age: int, today: date, phones: Iterator[int], rng: Random
) -> Resident:
    born_on = today - timedelta(days=365 * age + age // 4 + rng.randint(1, 364))
    number = next(phones)
    return Resident(
        id=uuid4(),
        household_id=home.id,
        community_id=building.id,
        path=building.path,
        name=surname + names.given(rng, sex, born_on.year),
        sex=sex,
        born_on=born_on,
        phone=f"{PHONE_PREFIX}{number:08}" if _has_phone(age, rng) else None,
        skills=(rng.choice(SKILLS),) if 18 <= age < 75 and rng.random() < 0.08 else (),
        joined_on=today - timedelta(days=rng.randint(380, 1100)),
    )


def _has_phone(age: int, rng: Random) -> bool:
    return rng.random() < (0.98 if age < 70 else 0.8 if age < 80 else 0.5)
