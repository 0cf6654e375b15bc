"""What counter and wallets have to show from the first day on: days of exchange, a limit, and a gift that waits for a yes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from schedules import sql
from timebank.actions.points.gifts import Wish, give
from timebank.actions.points.relatives import Naming, confirm_relative, name_relative
from timebank.actions.rewards.keep_windows import add_window
from timebank.actions.rewards.offer_reward import set_limits
from timebank.demo import shop
from timebank.demo.moving_in import acting, coordinator
from timebank.demo.neighbourhood import Neighbourhood
from timebank.demo.premises import Ware
from timebank.demo.residents import Resident
from timebank.people.callers import Grant
from timebank.points import wallets
from timebank.rewards.limits import Limit
from timebank.rewards.windows import Span

ALL_YEAR = Span(date(2025, 1, 1), date(2025, 12, 31), "yearly")
A_POINT = 100
SCARCE = "eggs"


async def show(drawn: Neighbourhood, wares: Sequence[Ware]) -> None:
    """After the past has been lived: its exchanges were made before there were days and limits."""
    await add_window(coordinator(drawn), drawn.tree.top.id, ALL_YEAR, drawn.now)
    keeper = acting(drawn.cast["keeper"], Grant("keeper", drawn.tree.top.id))
    [eggs] = [ware.id for ware, good in zip(wares, shop.GOODS, strict=True) if good.picture == SCARCE]
    await set_limits(keeper, eggs, [Limit("household", "month", 2)], drawn.now)
    one, other = drawn.cast["resident"], drawn.cast["volunteer"]
    if (await wallets.balance(one.id)).available < A_POINT:
        one, other = other, one
    if (await wallets.balance(one.id)).available >= A_POINT:
        await _gift(one, other, drawn)


async def _gift(giver: Resident, receiver: Resident, drawn: Neighbourhood) -> None:
    """Between two who have said that they are relatives."""
    number = int(await sql.value("SELECT number FROM member WHERE id = $1", receiver.id))
    named = await name_relative(acting(giver), Naming(number), None, drawn.now)
    await confirm_relative(acting(receiver), named.value.bond_id, drawn.now)
    await give(acting(giver), Wish(number, A_POINT, "谢谢你上周帮我照看孙子。"), drawn.now)
