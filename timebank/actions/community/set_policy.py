"""A coordinator changes the rules of a community: first a look at what it would mean, then it stands from its day on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID, uuid4

import msgspec
from msgspec import Meta

from schedules import sql, walltimes
from schedules.errors import Malformed, Refusal
from schedules.legible import is_legible
from timebank.actions.action import action
from timebank.actions.community.policy_meaning import Difference, Sum, Told, differences, sums, told_before
from timebank.communities import policies, spells, tree
from timebank.communities.policies import DatedBack, DayTaken, Policy, Rules
from timebank.communities.spells import Published, Reach, Spell
from timebank.communities.tree import Node
from timebank.people import audit
from timebank.people.callers import Caller, Right
from timebank.points import examples
from timebank.points.examples import last_day

NOT_FOLLOWED = frozenset(
    {
        "decimals",
    }
)
"""Settings that nothing acts on yet: nobody can promise them to members. Whoever makes one true takes it out of here."""
LATEST = date(2199, 12, 31)
LEAP = 2
"""How many times what an hour could earn so far rules may pay that begin today."""


class RulesMoved(Refusal):
    """Other rules hold on that day than those that were compared with. Facts: none."""


class NothingChanges(Refusal):
    """The community's own rules of that day are the same already. Facts: none."""


class TooSudden(Refusal):
    """An hour could earn more than twice what it could before, from today on. Facts: field, most and was (1/100 point)."""


class NotFollowed(Malformed):
    """Nothing acts on this setting yet, so it cannot be set. Facts: field, reason."""


class PublicTextNeeded(Malformed):
    """Members read the rules in their own language. Facts: field, reason."""


class Draft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules as they would stand from a local day on; what `rules` does not name has its start value.

    `replaces` is the policy that the maker saw in force on that day, as the preview names it: where another one is in force by
    now, nothing is published. Without it nothing is compared, and no policy of the same day gives way.
    """

    valid_from: date
    rules: Rules
    text_zh: Annotated[str, Meta(max_length=2000)] = ""
    text_en: Annotated[str, Meta(max_length=2000)] = ""
    replaces: UUID | None = None


class Preview(msgspec.Struct, frozen=True):
    """What a draft would mean, with nothing published.

    `before` is what would apply on its first day without it, `last_on` the day before the next rules that are published
    already, `is_first` that the community has none of its own until then: from then on it follows nobody above. The `draft`
    names in `replaces` what it was compared with: sent back so, it is published only while that still holds.
    """

    node: Node
    today: date
    draft: Draft
    before: Spell | None
    last_on: date | None
    is_first: bool
    changes: list[Difference]
    sums: list[Sum]
    old_last_day: date | None
    """Until when points for service of the first day could be spent before; None: for good, or there were no rules."""
    new_last_day: date | None
    reach: Reach
    has_old_text: bool
    """A text for members is word for word that of other settings: it may say what holds no more."""
    told: Told
    """Who has signed up on the sums of before."""


async def preview_policy(caller: Caller, community_id: UUID, draft: Draft, now: datetime) -> Preview:
    """Nothing is stored. Raises whatever publishing would raise: see `publish_policy`."""
    node = await _reached(caller, community_id)
    found = await spells.published(community_id)
    seen = spells.on(spells.spells(found, node.ancestor_ids), draft.valid_from)
    draft = msgspec.structs.replace(draft, replaces=draft.replaces or (seen.policy.id if seen else None))
    before = _checked(node, draft, found, now)
    own = Published(Policy(uuid4(), node.id, draft.valid_from, draft.rules, draft.text_zh, draft.text_en), 2**31, now, "")
    after = next(each for each in spells.spells([*found, own], node.ancestor_ids) if each.published is own)
    old = before.policy.rules if before else None
    return Preview(
        node=node,
        today=walltimes.day_of(now, node.time_zone),
        draft=draft,
        before=before,
        last_on=after.last_on,
        is_first=not any(_is_own(each, node, draft.valid_from) for each in found) and node.parent_id is not None,
        changes=list(differences(old, draft.rules)),
        sums=sums(old, draft.rules),
        old_last_day=last_day(old, draft.valid_from) if old else None,
        new_last_day=last_day(draft.rules, draft.valid_from),
        reach=await spells.reach(node.id, draft.valid_from),
        has_old_text=any(each.policy.rules != draft.rules and _shares_a_text(each.policy, draft) for each in found),
        told=await told_before(node, draft.valid_from, after.last_on),
    )


@action
async def publish_policy(caller: Caller, community_id: UUID, draft: Draft, now: datetime) -> UUID:
    """The rules stand from their day on and are never edited; the next change is a new draft.

    Locks out every other publishing. Raises SignInNeeded, NotAllowed, NotFound, DatedBack, DayTaken, RulesMoved,
    NothingChanges, NotFollowed, PublicTextNeeded, TooSudden, Malformed.
    """
    node = await _reached(caller, community_id)
    # Two who publish, here or above, for whichever days: the second sees what the first has made, and is told.
    await sql.rows("SELECT pg_advisory_xact_lock(hashtext('publish policy'))")
    before = _checked(node, draft, await spells.published(community_id), now)
    text_zh, text_en = draft.text_zh.strip(), draft.text_en.strip()
    made = await policies.publish(
        node.id, draft.valid_from, draft.rules, caller.member(), now, text_zh, text_en, instead_of=draft.replaces
    )
    changed = msgspec.to_builtins([*differences(before.policy.rules if before else None, draft.rules)])
    await audit.write(
        caller.id,
        "policy.published",
        f"community:{node.id}",
        now,
        policy_id=made,
        valid_from=draft.valid_from,
        instead_of=before.policy.id if before else None,
        changes=changed,
    )
    return made


async def _reached(caller: Caller, community_id: UUID) -> Node:
    node = await tree.node(community_id)
    caller.require(Right.SET_RULES, node.ancestor_ids)
    return node


def _checked(node: Node, draft: Draft, found: list[Published], now: datetime) -> Spell | None:
    """What holds on the draft's day until now. Raises what keeps the draft from being published."""
    today = walltimes.day_of(now, node.time_zone)
    if draft.valid_from < today:
        raise DatedBack(field="valid_from", valid_from=draft.valid_from, today=today)
    if draft.valid_from > LATEST:
        raise Malformed(field="valid_from", reason="a year from 2000 to 2199")
    before = spells.on(spells.spells(found, node.ancestor_ids), draft.valid_from)
    _check_day(node, draft, before, today)
    _check_leap(draft, before, today)
    _check_texts(draft)
    _check_settings(draft.rules, before.policy.rules if before else Rules())
    if before and before.policy.community_id == node.id and _says_the_same(before.policy, draft):
        raise NothingChanges()
    return before


def _check_day(node: Node, draft: Draft, before: Spell | None, today: date) -> None:
    if before and draft.replaces and draft.replaces != before.policy.id:
        raise RulesMoved()
    is_taken = before is not None and before.policy.community_id == node.id and before.policy.valid_from == draft.valid_from
    if is_taken and (draft.valid_from == today or draft.replaces is None):
        raise DayTaken(field="valid_from", valid_from=draft.valid_from)


def _check_texts(draft: Draft) -> None:
    rules = draft.rules
    for field in ("text_zh", "text_en"):
        if not is_legible(getattr(draft, field).strip(), has_lines=True):
            raise PublicTextNeeded(field=field, reason="nothing to read, or with hidden characters")
    names = {
        "rules.unit_zh": rules.unit_zh,
        "rules.unit_en": rules.unit_en,
        "rules.category_percents": "".join(rules.category_percents),
    }
    names["rules.bonuses"] = "".join(bonus.name_zh + bonus.name_en for bonus in rules.bonuses)
    for field, name in names.items():
        if (name or field.startswith("rules.unit")) and not is_legible(name):
            raise Malformed(field=field, reason="nothing to read, or with hidden characters")


def _check_leap(draft: Draft, before: Spell | None, today: date) -> None:
    """A slip of a zero would pay until midnight: rules of today cannot be replaced, those of tomorrow can."""
    if before is None or draft.valid_from > today:
        return
    most, was = examples.most_of_an_hour(draft.rules), examples.most_of_an_hour(before.policy.rules)
    if most > LEAP * max(was, 1):
        raise TooSudden(field="valid_from", most=most, was=was)


def _check_settings(rules: Rules, old: Rules) -> None:
    for field in sorted(NOT_FOLLOWED):
        if getattr(rules, field) not in (getattr(old, field), getattr(Rules(), field)):
            raise NotFollowed(field=f"rules.{field}", reason="nothing acts on this yet")
    if any(not 2000 <= day.year <= LATEST.year for bonus in rules.bonuses for day in bonus.days):
        raise Malformed(field="rules.bonuses", reason="a year from 2000 to 2199")
    for name, limit in msgspec.structs.asdict(rules.review).items():
        if limit is not None and limit > 1_000_000:
            raise Malformed(field=f"rules.review.{name}", reason="at most 1,000,000")


def _says_the_same(policy: Policy, draft: Draft) -> bool:
    texts = (draft.text_zh.strip(), draft.text_en.strip())
    return policy.rules == draft.rules and (policy.text_zh, policy.text_en) == texts


def _shares_a_text(policy: Policy, draft: Draft) -> bool:
    return policy.text_zh == draft.text_zh.strip() or policy.text_en == draft.text_en.strip()


def _is_own(each: Published, node: Node, by: date) -> bool:
    return each.policy.community_id == node.id and each.policy.valid_from <= by
