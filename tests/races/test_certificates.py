"""A sheet that is replaced, and an objection that is filed and answered, by several at once: with real commits."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterable
from typing import Any
from uuid import UUID

import pytest

from schedules import sql
from tests.given import People
from tests.ledger.purse import NOW
from tests.ledger.test_monthly import recorded
from timebank.actions.hours.certify import issue_paper
from timebank.actions.hours.object_to_record import Reply, answer_objection, object_to_record
from timebank.actions.hours.paper_wishes import Wish
from timebank.hours import certificates, objections
from timebank.hours.certificates import CertificateOver
from timebank.hours.objections import ObjectionAnswered, ObjectionOpen

pytestmark = pytest.mark.race


async def all_at_once(actions: Iterable[Coroutine[Any, Any, object]]) -> list[Any]:
    """Each action opens its own transaction: what each answered or raised."""
    return list(await asyncio.gather(*actions, return_exceptions=True))


async def test_of_several_who_replace_a_sheet_at_once_one_does(folk: People) -> None:
    """rules-8: one follows one; whoever comes too late leaves nothing behind."""
    await recorded(folk.bob, 120)
    first = (await issue_paper(folk.bob.caller, folk.bob.id, Wish(), None, NOW)).value
    asked = [
        issue_paper(person.caller, folk.bob.id, Wish(replaces=first.id), None, NOW) for person in [folk.bob, folk.erin] * 4
    ]
    answers = await all_at_once(asked)
    assert Counter(type(answer).__name__ for answer in answers) == {"Answer": 1, CertificateOver.__name__: 7}, answers
    issued = await certificates.of_member(folk.bob.id)
    assert sorted(each.state for each in issued) == ["replaced", "valid"]
    assert await sql.value("SELECT count(*) FROM certificate_line") == 2


async def test_of_several_objections_and_answers_at_once_one_holds(folk: People) -> None:
    """rules-11: one waits at a time, and it is answered once."""
    await recorded(folk.bob, 120)
    record = await sql.value("SELECT id FROM service_record WHERE member_id = $1", folk.bob.id)
    filed = await all_at_once(object_to_record(folk.bob.caller, record, "wrong", NOW) for _ in range(6))
    assert Counter(type(answer).__name__ for answer in filed) == {"UUID": 1, ObjectionOpen.__name__: 5}, filed
    made = next(answer for answer in filed if isinstance(answer, UUID))
    staff = [folk.alice, folk.dan, folk.erin] * 2
    answers = await all_at_once(answer_objection(person.caller, made, Reply("stands", person.name), NOW) for person in staff)
    assert Counter(type(answer).__name__ for answer in answers) == {"NoneType": 1, ObjectionAnswered.__name__: 5}, answers
    assert (await objections.find(made)).answer == staff[answers.index(None)].name
    assert await sql.value("SELECT count(*) FROM message WHERE key = $1", f"objection:{made}") == 1
