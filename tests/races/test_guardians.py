"""A guardian's consent is taken back beside what the young do: with real commits."""

from __future__ import annotations

import asyncio
from datetime import date
from uuid import UUID

import pytest

from schedules import sql
from schedules.errors import Refusal
from tests.given import People
from tests.people.test_guardians import YES, born
from tests.schedule import given
from timebank.actions.guardians.consents import end_consent, record_consent
from timebank.actions.signups.sign_up import sign_up

pytestmark = pytest.mark.race
PLACES = "SELECT count(*) FROM signup WHERE person_id = $1 AND state NOT IN ('cancelled', 'withdrawn')"


async def agreed(people: People) -> UUID:
    return (await record_consent(people.erin.caller, people.carol.id, YES, people.now)).consent_id


async def test_no_place_is_left_where_the_consent_is_taken_back_meanwhile(committed: str, people: People) -> None:
    """rules-19: before or after the sign-up, there is no place without a consent that stands."""
    carol = await born(people.carol, date(2011, 3, 1))
    for _ in range(6):
        session = await given.session(people)
        consent_id = await agreed(people)
        for each in await asyncio.gather(
            sign_up(carol.caller, session.id, people.now),
            end_consent(people.erin.caller, consent_id, people.now),
            return_exceptions=True,
        ):
            assert not isinstance(each, BaseException) or isinstance(each, Refusal), each
        assert await sql.value(PLACES, carol.id) == 0
        assert await given.counts_agree(session.id)
