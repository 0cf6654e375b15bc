"""Several coordinators publish rules at once: with real commits."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import msgspec
import pytest

from schedules.errors import Refusal
from tests.given import People
from timebank.actions.community.set_policy import Draft, preview_policy, publish_policy
from timebank.communities import policies
from timebank.communities.policies import Rules

pytestmark = pytest.mark.race


async def test_of_many_who_publish_for_one_day_one_does(committed: str, people: People) -> None:
    """Also of those who replace rules that have not begun: each compared with the same, and one of them was quicker."""
    caller, first_on = people.erin.caller, people.now.date() + timedelta(days=5)
    for number in range(3):
        drafts = [
            Draft(valid_from=first_on, rules=Rules(units_per_hour=100 * number + each), text_zh="规则", text_en="Rules")
            for each in range(101, 109)
        ]
        seen = await preview_policy(caller, people.community, drafts[0], people.now)
        compared = [msgspec.structs.replace(each, replaces=seen.draft.replaces) for each in drafts]
        asked = [publish_policy(caller, people.community, each, people.now) for each in compared]
        found = await asyncio.gather(*asked, return_exceptions=True)
        assert not [each for each in found if isinstance(each, BaseException) and not isinstance(each, Refusal)]
        assert Counter(type(each).__name__ for each in found) == {"UUID": 1, "RulesMoved": len(drafts) - 1}
    assert len(await policies.of(people.community)) == 3
