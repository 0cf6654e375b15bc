"""Two jobs at one round, and bookers at its slots, with real commits: drawn once, and no slot twice."""

from __future__ import annotations

import pytest

from schedules import lottery_entries, sql
from schedules.lottery_rounds import RoundClosed
from schedules.wishes import Wish
from tests.given import People
from tests.races.test_bookings import neighbours, overlaps, settled
from tests.spaces.lots import CLOSES, enters, letters, opened
from tests.spaces.rooms import NOW, room
from timebank.actions.rooms.book_space import book_space
from timebank.actions.rooms.draw_lots import draw_lots
from timebank.actions.rooms.lottery import enter_round

pytestmark = pytest.mark.race


async def test_two_jobs_draw_a_round_once_while_others_want_its_slots(committed: str, people: People) -> None:
    dance = await room(people.community, horizon=60)
    found = await opened(people, dance)
    many = await neighbours(people, 6)
    for one in many:
        await enters(one, found, 1, 2)
    late = people.bob.caller
    answers = await settled(
        *(draw_lots(found.id, CLOSES) for _ in range(3)),
        *(book_space(one.caller, Wish(dance, found.slots[0].use), CLOSES) for one in many),
        enter_round(late, found.id, [1], 1, CLOSES),
    )
    assert sorted(map(str, answers[:3])) == ["False", "False", "True"], answers
    assert isinstance(answers[-1], RoundClosed)
    assert [one.slot for one in await lottery_entries.given(found.id)] == [1, 2], "those who came for it found it kept"
    assert await overlaps() == 0
    assert (len(await letters("won")), len(await letters("lost"))) == (2, 4)
    assert await sql.value("SELECT sum(losses) FROM lottery_memory") == 4


async def test_who_enters_at_the_deadline_is_in_the_draw_or_is_refused(committed: str, people: People) -> None:
    dance = await room(people.community)
    found = await opened(people, dance)
    many = await neighbours(people, 4)
    answers = await settled(*(enter_round(one.caller, found.id, [1], 1, NOW) for one in many), draw_lots(found.id, CLOSES))
    if not answers[-1]:
        await draw_lots(found.id, CLOSES)
    entered = [one for one in answers[:-1] if not isinstance(one, RoundClosed)]
    placed = await sql.value("SELECT count(*) FROM lottery_entry WHERE place IS NOT NULL")
    assert placed == len(entered) == await sql.value("SELECT count(*) FROM lottery_entry"), answers
