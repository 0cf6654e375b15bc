"""The people whom `timebank up` introduces, so that a newcomer can be each of them; and the teams that run things."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from uuid import uuid4

import msgspec

from timebank.demo.names import Sex
from timebank.demo.occasions import Words
from timebank.demo.residents import Household, People, Resident
from timebank.demo.tree import Tree

PASSWORD = "boqiao-demo"  # noqa: S105 - printed for everybody who starts the demo
PIN = "482916"


class Part(msgspec.Struct, frozen=True):
    """One of the cast. `role` at the sub-district ("top") or at the first community; none: a resident."""

    key: str
    name: str
    sex: Sex
    age: int
    phone: str | None
    does: Words
    role: str = ""
    at: str = "community"


CAST: tuple[Part, ...] = (
    Part("coordinator", "陈志远", "male", 46, "15400000001", Words("社区管理员", "coordinator"), "coordinator", "top"),
    Part("organiser", "李敏", "female", 52, "15400000002", Words("组织者", "organiser"), "organiser"),
    Part("volunteer", "王秀英", "female", 71, "15400000003", Words("志愿者，有卡", "volunteer, has a card")),
    Part("resident", "周建华", "male", 58, "15400000004", Words("居民", "resident")),
    Part("keeper", "孙丽", "female", 39, "15400000005", Words("兑换管理员", "keeper of the rewards"), "keeper", "top"),
    Part("second", "张卫国", "male", 63, "15400000006", Words("第二位组织者", "second organiser"), "organiser"),
    Part("auditor", "何静", "female", 35, "15400000007", Words("审计员", "auditor"), "auditor", "top"),
    Part("colleague", "吴桂兰", "female", 48, "15400000008", Words("另一位管理员", "second coordinator"), "coordinator", "top"),
    Part("without_phone", "赵德福", "male", 84, None, Words("没有手机，有卡", "no phone, has a card")),
)

TEAMS: tuple[Words, ...] = (
    Words("护学岗志愿队", "School-gate team"),
    Words("银发互助队", "Silver helping hands"),
    Words("青苗辅导队", "Tutoring team"),
    Words("平安巡防队", "Patrol team"),
    Words("花园养护队", "Garden team"),
    Words("巧手维修队", "Repair team"),
    Words("垃圾分类引导队", "Waste-sorting team"),
    Words("智慧助老队", "Smartphone helpers"),
    Words("“夕阳红”合唱队", "Evening-glow choir"),
    Words("舞蹈队", "Dance team"),
    Words("翰墨书画社", "Brush and ink society"),
    Words("健康服务队", "Health team"),
    Words("议事促进会", "Round-table circle"),
    Words("应急救护队", "First-aid team"),
    Words("亲子成长社", "Young families"),
    Words("食堂帮厨队", "Canteen team"),
    Words("反诈宣传队", "Fraud watch"),
    Words("楼组长联合会", "Building leaders"),
    Words("图书角管理队", "Library team"),
    Words("爱心理发队", "Haircut team"),
    Words("影像记录队", "Photo team"),
)


def join(people: People, tree: Tree, today: date, rng: Random) -> dict[str, Resident]:
    """The cast moves into the first house, each behind a door of their own; by key."""
    house = tree.buildings[0]
    found = {}
    for number, part in enumerate(CAST, start=1):
        home = Household(uuid4(), house.id, f"{house.name}3单元{number}01")
        people.households.append(home)
        born_on = today - timedelta(days=365 * part.age + part.age // 4 + rng.randint(1, 300))
        joined_on = today - timedelta(days=800)
        found[part.key] = Resident(
            uuid4(), home.id, house.id, house.path, part.name, part.sex, born_on, part.phone, (), joined_on
        )
    people.residents.extend(found.values())
    return found
