"""The rules of a community in the office: what holds, what comes, what was; a change, looked at before it is published."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from schedules.errors import Refusal
from timebank.actions.community.see_policies import RulesHere, kept_rules
from timebank.actions.community.set_policy import Preview, preview_policy, publish_policy
from timebank.communities import policies, tree
from timebank.communities.policies import NoPolicy, Policy, Rules
from timebank.communities.spells import DAY
from timebank.pages.forms import Ask
from timebank.pages.meaning import Faults, in_words
from timebank.pages.office import policy_windows
from timebank.pages.office.policy_figures import Typed
from timebank.pages.office.policy_form import draft_of, field_of, hidden, id_of, label_of, typed_from, typed_of
from timebank.pages.render import go, page
from timebank.people.callers import Caller, Right
from timebank.web import policy_schemes, policy_words
from timebank.web.access import needs
from timebank.web.policy_knobs import CHAPTERS
from timebank.web.refusals import problem, told
from timebank.web.request import Now, Reads, Who, language_of, request_key
from timebank.web.words import Language

staff = [needs(Right.SET_RULES)]
ADDRESS = "/office/communities/{community_id:uuid}/rules"


@get(ADDRESS, guards=staff)
async def show_rules(
    community_id: FromPath[UUID], request: Ask, caller: Who, now: Now, language: Reads, done: FromQuery[str] = ""
) -> Response[str]:
    """What holds today, whose rules they are, what comes and what was."""
    here = await kept_rules(caller, community_id, now)
    lines = policy_words.sections(here.in_force.policy.rules, language, is_public=False) if here.in_force else []
    return page(request, "policies/office.html", here=here, sections=lines, is_done=bool(done))


@get(f"{ADDRESS}/new", guards=staff)
async def new_rules(
    community_id: FromPath[UUID], request: Ask, caller: Who, now: Now, start: FromQuery[str] = "", example: FromQuery[str] = ""
) -> Response[str]:
    """The form, filled in with what holds, with other rules of the list (`start`), or with what another place does."""
    here = await kept_rules(caller, community_id, now)
    policy, day = _beginning(here, id_of(start))
    scheme = policy_schemes.find(example)
    rules = policy.rules if policy else Rules()
    begun = policy_schemes.applied(scheme, rules) if scheme else rules
    return _form(request, here, typed_from(policy, day, begun), scheme=scheme)


@post(f"{ADDRESS}/new", guards=staff)
async def back_to_form(community_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    """From the preview, or with one more row: nothing that was typed is lost."""
    here = await kept_rules(caller, community_id, now)
    return _form(request, here, typed_of(await request.form()))


@post(f"{ADDRESS}/preview", guards=staff)
async def look_at_rules(community_id: FromPath[UUID], request: Ask, caller: Who, now: Now, language: Reads) -> Response[str]:
    """What would change; nothing is stored."""
    typed = typed_of(await request.form())
    try:
        draft = draft_of(typed | {"replaces": ""}, await _kept(community_id, typed))
        seen = await preview_policy(caller, community_id, draft, now)
    except (Faults, Refusal) as wrong:
        return await _wrong(request, caller, community_id, now, typed, wrong)
    return await _preview(request, seen, typed, language)


@post(ADDRESS, guards=staff)
async def take_rules(community_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """Publishes what the preview showed."""
    typed = typed_of(await request.form())
    try:
        draft = draft_of(typed, await _kept(community_id, typed))
        key = request_key(caller, typed["key"], (community_id, draft), now, "publish policy")
        await publish_policy.once(key, caller, community_id, draft, now)
    except (Faults, Refusal) as wrong:
        return await _wrong(request, caller, community_id, now, typed, wrong)
    return go(f"/office/communities/{community_id}/rules?done=1")


def _beginning(here: RulesHere, start: UUID | None) -> tuple[Policy | None, date]:
    """Which rules the form starts from, and the day it proposes: tomorrow, or that of rules that have not begun."""
    for spell in here.coming:
        if spell.policy.id == start:
            return spell.policy, spell.first_on
    others = [spell.policy for spell in here.past] + [each.policy for each in here.replaced]
    chosen = next((policy for policy in others if policy.id == start), None)
    return chosen or (here.in_force.policy if here.in_force else None), here.today + DAY


async def _kept(community_id: UUID, typed: Typed) -> Rules:
    """The rules that hold on the day that was typed: from them come the settings that the form does not show."""
    try:
        return (await policies.in_force(community_id, date.fromisoformat(typed["valid_from"].strip()))).rules
    except (NoPolicy, ValueError):
        return Rules()


async def _wrong(
    request: Ask, caller: Caller, community_id: UUID, now: datetime, typed: Typed, wrong: Faults | Refusal
) -> Response[str]:
    """The form with what was typed; what is wrong stands at its field, or above all where it concerns none."""
    here, language = await kept_rules(caller, community_id, now), language_of(request)
    if isinstance(wrong, Faults):
        return _form(request, here, typed, in_words(wrong.by_field, language), status=400)
    facts = problem(wrong, language)
    field = field_of(facts.get("field", ""))
    words = f"{facts['title']} {facts['detail']}"
    shown = {field: words} if field in typed else {}
    return _form(request, here, typed, shown, None if shown else facts, status=told(wrong).status)


def _form(
    request: Ask,
    here: RulesHere,
    typed: Typed,
    faults: dict[str, str] | None = None,
    refused: dict[str, Any] | None = None,
    status: int = 200,
    scheme: policy_schemes.Scheme | None = None,
) -> Response[str]:
    language = language_of(request)
    return page(
        request,
        "policies/form.html",
        status,
        here=here,
        typed=typed,
        faults=faults or {},
        refused=refused,
        labels={field: label_of(field) for field in faults or {}},
        chapters=CHAPTERS,
        rows=policy_windows.rows(typed),
        weekdays=policy_words.WEEKDAYS,
        schemes=policy_schemes.SCHEMES,
        scheme=scheme,
        scheme_lines=policy_words.settings(scheme.sets, policy_schemes.applied(scheme, Rules()), language) if scheme else [],
        strength=policy_schemes.STRENGTHS[scheme.strength] if scheme else "",
    )


async def _preview(request: Ask, seen: Preview, typed: Typed, language: Language) -> Response[str]:
    old, new = seen.before.policy if seen.before else None, seen.draft.rules
    return page(
        request,
        "policies/preview.html",
        seen=seen,
        old=old,
        owner=await tree.node(old.community_id) if old else None,
        takes_place=old is not None and (old.community_id, old.valid_from) == (seen.node.id, seen.draft.valid_from),
        changes=policy_words.changed(seen.changes, old.rules if old else None, new, language),
        has_other_sums=any(each.old_units not in (None, each.example.units) for each in seen.sums),
        sums=policy_words.sums(seen.sums, old.rules if old else None, new, language),
        apart=await tree.nodes(seen.reach.apart),
        fields=hidden(typed),
    )


routes: list[Any] = [show_rules, new_rules, back_to_form, look_at_rules, take_rules]
