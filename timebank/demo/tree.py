"""The tree of a sub-district, and how large the two cuts of it are."""

from __future__ import annotations

from random import Random
from uuid import UUID, uuid4

import msgspec

SUB_DISTRICT = ("泊桥街道", "Boqiao Sub-district")
COMMUNITIES = (
    ("春晖社区", "Chunhui"),
    ("柳岸社区", "Liu'an"),
    ("桂花苑社区", "Guihuayuan"),
    ("文昌社区", "Wenchang"),
    ("向阳社区", "Xiangyang"),
    ("书院社区", "Shuyuan"),
    ("锦绣社区", "Jinxiu"),
    ("长乐社区", "Changle"),
    ("荷塘社区", "Hetang"),
    ("新桥社区", "Xinqiao"),
    ("枫林社区", "Fenglin"),
    ("望江社区", "Wangjiang"),
    ("东风社区", "Dongfeng"),
    ("水云社区", "Shuiyun"),
)


class Size(msgspec.Struct, frozen=True):
    """How much is loaded. The full one has the figures that the sources report of one sub-district and year."""

    communities: int
    grids: int
    buildings: int
    residents: int
    teams: int
    spaces: int
    activities: int
    """Classes, clinics, festivals and meetings of the past year."""
    services: int
    """Volunteer activities of the past year."""
    volunteers: int
    """Residents who help now and then."""
    turnout: tuple[float, float]
    """How full gatherings are, from the emptiest to the fullest, as shares of their places."""


FULL = Size(14, 97, 347, 58_000, 21, 80, 400, 150, 700, (0.2, 0.65))
SMALL = Size(2, 6, 12, 300, 3, 12, 24, 16, 36, (0.1, 0.4))


class Node(msgspec.Struct, frozen=True):
    """One row of the tree."""

    id: UUID
    kind: str
    name: str
    name_en: str
    path: tuple[UUID, ...]
    """From the root down to and including this node."""

    @property
    def parent_id(self) -> UUID | None:
        return self.path[-2] if len(self.path) > 1 else None


class Tree(msgspec.Struct, frozen=True):
    top: Node
    communities: list[Node]
    grids: list[Node]
    buildings: list[Node]

    @property
    def practice(self) -> Node:
        """The first grid, where a minute of service earns what an hour earns elsewhere, so that a newcomer need not wait."""
        return self.grids[0]

    @property
    def nodes(self) -> list[Node]:
        """Parents before their children."""
        return [self.top, *self.communities, *self.grids, *self.buildings]

    def below(self, node: Node, level: list[Node]) -> list[Node]:
        return [found for found in level if node.id in found.path]


def plant(size: Size, rng: Random) -> Tree:
    """The tree, grids spread evenly over the communities and buildings over the grids."""
    top = _node("sub_district", *SUB_DISTRICT, above=())
    communities = [_node("community", name, english, top.path) for name, english in COMMUNITIES[: size.communities]]
    grids: list[Node] = []
    buildings: list[Node] = []
    for community, count in zip(communities, _shares(size.grids, len(communities)), strict=True):
        grids += [_node("grid", f"第{_numeral(n)}网格", f"Grid {n}", community.path) for n in range(1, count + 1)]
    grids[0] = msgspec.structs.replace(grids[0], name=f"{grids[0].name}（练习）", name_en=f"{grids[0].name_en} (practice)")
    houses = _shares(size.buildings, len(grids))
    rng.shuffle(houses)
    numbers: dict[UUID, int] = {}
    for grid, count in zip(grids, houses, strict=True):
        community_id = grid.path[1]
        for _ in range(count):
            number = numbers[community_id] = numbers.get(community_id, 0) + 1
            buildings.append(_node("building", f"{number}号楼", f"Building {number}", grid.path))
    return Tree(top, communities, grids, buildings)


def _node(kind: str, name: str, name_en: str, above: tuple[UUID, ...]) -> Node:
    made = uuid4()
    return Node(made, kind, name, name_en, (*above, made))


def _shares(total: int, parts: int) -> list[int]:
    """`total` as whole shares that differ by one at most, the larger ones first."""
    return [total // parts + (1 if n < total % parts else 0) for n in range(parts)]


def _numeral(number: int) -> str:
    digits = "一二三四五六七八九"
    tens, ones = divmod(number, 10)
    return ("十" if tens else "") + (digits[ones - 1] if ones else "")
