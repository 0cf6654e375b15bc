"""Help between neighbours: what hangs on the board, one arrangement that lacks a word, one that a mediator looks at."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

from timebank.actions.neighbours.arrange import Proposal, Yes, agree, answer_post
from timebank.actions.neighbours.confirm import Word, say_how_long
from timebank.actions.neighbours.mediate import Statement, tell_mediator
from timebank.actions.neighbours.posts import add_post
from timebank.demo.moving_in import acting
from timebank.demo.neighbourhood import Neighbourhood
from timebank.demo.neighbours import Neighbours
from timebank.people.callers import Caller
from timebank.people.posts import Draft
from timebank.points.exchanges import Exchange

BICYCLES = Draft(
    kind="help_offered",
    category="repairs",
    title="会修自行车 · I repair bicycles",
    text="补胎、调刹车都行，零件自备。 · Tyres and brakes; bring the parts.",
    usual_time="傍晚 · Evenings",
    area="2号楼车棚 · The shed of building 2",
    minutes=60,
    places=5,
)
PHONES = Draft(
    kind="help_offered",
    category="phones",
    title="教用手机看病挂号 · Booking a doctor on the phone",
    text="一对一，慢慢教。 · One to one, and slowly.",
    usual_time="上午 · Mornings",
    area="活动室 · The activity room",
    minutes=60,
    places=3,
)
CAT = Draft(
    kind="help_offered",
    category="home",
    title="出门时帮您喂猫 · Feeding your cat while you are away",
    usual_time="每天一次 · Once a day",
    area="本小区 · In the estate",
    minutes=30,
)
RICE = Draft(
    kind="help_wanted",
    category="errands",
    title="两袋米扛上四楼 · Two bags of rice to the fourth floor",
    text="楼里没有电梯。 · There is no lift.",
    area="1号楼 · Building 1",
    minutes=30,
    places=2,
)
HOMEWORK = Draft(
    kind="help_wanted",
    category="learning",
    title="孩子四年级数学，想请人讲讲 · Fourth-grade maths",
    usual_time="周末下午 · Weekend afternoons",
    area="东门附近 · Near the east gate",
    minutes=60,
)


async def hang(drawn: Neighbourhood, neighbours: Neighbours) -> None:
    """Three offers and two wishes; the volunteer has her bicycle repaired and learns about phones."""
    cast = {key: acting(drawn.cast[key]) for key in ("volunteer", "resident", "second")}
    others = [acting(each) for each in neighbours.take(neighbours.today, 3)]
    posted = drawn.now - timedelta(days=4)
    bicycles = await add_post(cast["resident"], BICYCLES, posted)
    phones = await add_post(cast["second"], PHONES, posted + timedelta(minutes=40))
    await add_post(others[0], CAT, posted + timedelta(hours=5))
    await add_post(others[1], HOMEWORK, posted + timedelta(hours=7))
    rice = await add_post(cast["volunteer"], RICE, posted + timedelta(hours=9))
    yesterday, ahead = neighbours.today - timedelta(days=1), neighbours.today + timedelta(days=2)
    repaired = await _agreed(drawn, cast["volunteer"], cast["resident"], bicycles.id, yesterday, time(16))
    await say_how_long(cast["resident"], repaired.id, Word(50), drawn.now)
    learnt = await _agreed(drawn, cast["volunteer"], cast["second"], phones.id, yesterday, time(9, 30))
    await say_how_long(cast["second"], learnt.id, Word(90), drawn.now)
    await say_how_long(cast["volunteer"], learnt.id, Word(45), drawn.now)
    word = "约好九点半，十点一刻我就走了。 · We began at half past nine, and I left at a quarter past ten."
    await tell_mediator(cast["volunteer"], learnt.id, Statement(word), drawn.now)
    proposal = Proposal(_at(drawn, ahead, time(10)), 30, "十点在楼下见。 · At ten, downstairs.")
    await answer_post(others[2], rice.id, proposal, drawn.now - timedelta(hours=3))


async def _agreed(drawn: Neighbourhood, asks: Caller, owner: Caller, post_id: UUID, day: date, at: time) -> Exchange:
    asked = drawn.now - timedelta(days=3)
    proposal = Proposal(_at(drawn, day, at), 60, "到时候见。 · See you then.")
    exchange = await answer_post(asks, post_id, proposal, asked)
    return await agree(owner, exchange.id, Yes(exchange.terms), asked + timedelta(hours=2))


def _at(drawn: Neighbourhood, day: date, at: time) -> datetime:
    return datetime.combine(day, at, drawn.zone)
