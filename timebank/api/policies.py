"""The rules of a community: what holds, what comes, what was; a look at a change, and publishing it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from timebank.actions.community.policy_meaning import Difference, Sum, Told
from timebank.actions.community.see_policies import RulesHere, kept_rules, rules_here
from timebank.actions.community.set_policy import Draft, Preview, preview_policy, publish_policy
from timebank.communities.policies import Policy
from timebank.communities.spells import Published, Reach, Spell
from timebank.people.callers import Right
from timebank.web import policy_schemes, policy_words
from timebank.web.access import anyone, needs
from timebank.web.answers import Made
from timebank.web.request import Key, Now, Reads, Who, request_key
from timebank.web.words import say

staff = [needs(Right.SET_RULES)]


class PolicyShown(msgspec.Struct):
    """Rules as they were published; settings that `rules` does not name have their start values.

    They apply from `first_on` to `last_on`, both local days; null until others come, or, both, where they gave way before
    their day. `community_id` is the node that made them: another than the one asked for where they are taken over from above.
    """

    policy: Policy
    made_at: datetime
    made_by: str
    first_on: date | None
    last_on: date | None


class PoliciesShown(msgspec.Struct):
    """`past` has the latest first; `replaced` gave way before their day. `reach` is who lives by the rules of today."""

    community_id: UUID
    today: date
    in_force: PolicyShown | None
    coming: list[PolicyShown]
    past: list[PolicyShown]
    replaced: list[PolicyShown]
    reach: Reach


class ExampleShown(msgspec.Struct):
    """What reports say of another place: the settings that its source tells, and what is missing. None is complete.

    `source`: press (a report or its reprint), weak (a page that shares documents), own (the scheme's own pages).
    """

    key: str
    name: str
    year: int | None
    source: str
    sets: dict[str, Any]
    lacks: str


class SettingTold(msgspec.Struct):
    """A setting in words, in the reader's language."""

    name: str
    value: str


class Chapter(msgspec.Struct):
    title: str
    settings: list[SettingTold]


class RulesTold(msgspec.Struct):
    """What members read: the text in both languages, examples and settings in the reader's; empty without rules in force."""

    community_id: UUID
    set_by: UUID | None
    in_force_since: date | None
    text_zh: str
    text_en: str
    examples: list[SettingTold]
    chapters: list[Chapter]


class PreviewShown(msgspec.Struct):
    """What the draft would mean. Send it with `replaces` as it stands here, and it is published only while that still holds.

    `before` is what would hold on the first day without it, `last_on` the day before rules that are published already.
    `is_first`: the community has no rules of its own until then, and follows nobody above from then on. `sums`: examples in
    units of 1/100 point, before and after. The last days are those on which points for service of the first day can be
    spent. `told`: who has signed up for service that these rules would pay, and has read other
    sums. `has_old_text`: a text for members is word for word that of other settings.
    """

    replaces: UUID | None
    before: PolicyShown | None
    last_on: date | None
    is_first: bool
    changes: list[Difference]
    sums: list[Sum]
    old_last_day: date | None
    new_last_day: date | None
    reach: Reach
    has_old_text: bool
    told: Told


@get("/api/v1/communities/{community_id:uuid}/policies", guards=staff)
async def get_policies(community_id: FromPath[UUID], caller: Who, now: Now) -> PoliciesShown:
    """All rules that hold, held or will hold in a community, with who published them."""
    return _shown(await kept_rules(caller, community_id, now))


@get("/api/v1/communities/{community_id:uuid}/rules", guards=[anyone])
async def get_rules_told(community_id: FromPath[UUID], now: Now, language: Reads) -> RulesTold:
    """The rules in force as members read them; figures from which on somebody looks at entries and scans are not among them."""
    here = await rules_here(community_id, now)
    if here.in_force is None:
        return RulesTold(community_id, None, None, "", "", [], [])
    policy = here.in_force.policy
    return RulesTold(
        community_id,
        policy.community_id,
        here.in_force.first_on,
        policy.text_zh,
        policy.text_en,
        [SettingTold(*line) for line in policy_words.earned(policy.rules, language)],
        [
            Chapter(each.title, [SettingTold(*line) for line in each.lines])
            for each in policy_words.sections(policy.rules, language)
        ],
    )


@get("/api/v1/policy-examples", guards=staff)
async def get_policy_examples(caller: Who, language: Reads) -> list[ExampleShown]:
    """Rules of other places to start from, in the reader's language. Take what is in force and change what `sets` names."""
    return [
        ExampleShown(each.key, say(language, each.name), each.year, each.strength, each.sets, say(language, each.lacks))
        for each in policy_schemes.SCHEMES
    ]


@post("/api/v1/communities/{community_id:uuid}/policies/preview", guards=staff, status_code=200)
async def post_preview(community_id: FromPath[UUID], data: JSONBody[Draft], caller: Who, now: Now) -> PreviewShown:
    """What a draft would change, for whom, and for which days; refused as publishing would be. Nothing is stored."""
    return _previewed(await preview_policy(caller, community_id, data, now))


@post("/api/v1/communities/{community_id:uuid}/policies", guards=staff)
async def post_policy(
    community_id: FromPath[UUID], data: JSONBody[Draft], caller: Who, now: Now, key: Key = None
) -> Response[Made]:
    """Publishes rules from a local day on, today at the earliest, with a text for members in both languages.

    Once their day has come they are never changed. Rules for a later day give way to others for the same day, if `replaces`
    names them. 409 `rules_moved` where other rules hold on that day than `replaces` says, `day_taken` where the community has
    rules from that day on already.
    """
    asked = request_key(caller, key, (community_id, data), now, "publish policy")
    answer = await publish_policy.once(asked, caller, community_id, data, now)
    return Response(Made(answer.value), status_code=200 if answer.is_replay else 201)


def _shown(here: RulesHere) -> PoliciesShown:
    return PoliciesShown(
        here.node.id,
        here.today,
        _spell(here.in_force) if here.in_force else None,
        [_spell(each) for each in here.coming],
        [_spell(each) for each in here.past],
        [_published(each) for each in here.replaced],
        here.reach,
    )


def _spell(spell: Spell) -> PolicyShown:
    return _published(spell.published, spell.first_on, spell.last_on)


def _published(one: Published, first_on: date | None = None, last_on: date | None = None) -> PolicyShown:
    return PolicyShown(one.policy, one.made_at, one.maker, first_on, last_on)


def _previewed(seen: Preview) -> PreviewShown:
    return PreviewShown(
        seen.draft.replaces,
        _spell(seen.before) if seen.before else None,
        seen.last_on,
        seen.is_first,
        seen.changes,
        seen.sums,
        seen.old_last_day,
        seen.new_last_day,
        seen.reach,
        seen.has_old_text,
        seen.told,
    )


routes: list[Any] = [get_policies, get_rules_told, get_policy_examples, post_preview, post_policy]
