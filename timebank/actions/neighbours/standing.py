"""Who takes part in help between neighbours, where, and which words stand in public."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

from schedules.errors import Malformed, Refusal
from schedules.legible import is_legible
from timebank.actions.points import terms
from timebank.communities import tree
from timebank.communities.policies import Rules
from timebank.communities.tree import Node
from timebank.people import guardians
from timebank.people.callers import Caller
from timebank.people.guardians import ALONE_FROM


class ExchangesOff(Refusal):
    """The rules have no help between neighbours for points. Facts: none."""


class TooYoung(Refusal):
    """Who meets neighbours alone is of age. Facts: years."""


class NeighbourSuspended(Refusal):
    """Who is suspended makes no arrangements. Facts: none."""


class ContactInPublic(Malformed):
    """A number, an address or a name of an account in what everybody reads. Facts: field, reason."""


class WordsNeeded(Malformed):
    """Nothing to read, or with hidden characters. Facts: field, reason."""


class WordsTooLong(Malformed):
    """Facts: field, reason, most (characters)."""


class NotANumber(Malformed):
    """Facts: field, reason, least, most."""


NUMBER = re.compile(r"\d(?:[\s\-.·_()]*\d){6,}")
ACCOUNT = re.compile(
    r"(微信|威信|薇信|v信|vx|wechat|weixin|\bqq\b|扣扣|whatsapp|telegram)[号:：\s]*[a-z0-9_\-]{4,}|@|https?:|www\.",
    re.IGNORECASE,
)


async def of(caller: Caller, now: datetime) -> tuple[Node, Rules]:
    """Where the caller lives, and its rules today. Raises SignInNeeded, ExchangesOff, NoPolicy."""
    node, rules = await terms.of_member(caller.member(), now)
    if rules.exchanges == "off":
        raise ExchangesOff()
    return node, rules


async def require_part(caller: Caller, now: datetime) -> tuple[Node, Rules]:
    """Whether the caller may arrange something with a neighbour. Raises, beside `of`, NeighbourSuspended, TooYoung."""
    node, rules = await of(caller, now)
    if caller.is_suspended:
        raise NeighbourSuspended()
    # A guardian's consent covers sessions, where an organiser is there, and not a visit to a neighbour's flat.
    if await guardians.minor(caller.member(), now):
        raise TooYoung(years=ALONE_FROM)
    return node, rules


async def community_of(node: Node) -> Node:
    """Whose members are neighbours: the community that the node lies in; of a node above, the node itself."""
    above = await tree.nodes(node.ancestor_ids)
    return next((each for each in above if each.kind == "community"), node)


def check_public(field: str, text: str, *, is_needed: bool = False, has_lines: bool = False) -> None:
    """What everybody in the community reads tells no way to reach anybody. Raises WordsNeeded, ContactInPublic."""
    if (is_needed or text.strip()) and not is_legible(text, has_lines=has_lines):
        raise WordsNeeded(field=field, reason="nothing to read, or with hidden characters")
    plain = unicodedata.normalize("NFKC", text)
    if NUMBER.search(plain) or ACCOUNT.search(plain):
        raise ContactInPublic(field=field, reason="a number or an account to be reached by")


def check_private(field: str, text: str) -> None:
    """What the two read. Raises WordsNeeded."""
    if text.strip() and not is_legible(text, has_lines=True):
        raise WordsNeeded(field=field, reason="hidden characters")
