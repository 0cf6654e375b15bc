"""Two neighbours come to terms: one answers a post, either may propose other terms, the second yes holds the points."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules import sql
from schedules.errors import Malformed, NotFound, Refusal
from timebank.actions.action import action
from timebank.actions.neighbours import news, standing
from timebank.actions.neighbours.posts import OwnPost, PostOver, readable
from timebank.actions.neighbours.worth import worth
from timebank.actions.points import terms as rules_of
from timebank.people import audit, blocks, departures, posts
from timebank.people.callers import Caller
from timebank.points import exchanges, support_payments
from timebank.points.exchanges import Exchange, Terms
from timebank.points.refusals import InsufficientPoints

AHEAD = timedelta(days=90)
MEDIATION = timedelta(days=30)
"""How long a mediator has before the points are free again by themselves."""


class PostFull(Refusal):
    """As many have agreed as the post has places. Facts: places."""


class OneHousehold(Refusal):
    """Who lives behind one door helps without points: else they would pass from hand to hand as no gift may. Facts: none."""


class AnsweredAlready(Refusal):
    """The caller's answer to this post is under way. Facts: none."""


class NotAhead(Malformed):
    """A time that is over, or further ahead than anybody plans. Facts: field, reason, days."""


class ExchangeOver(Refusal):
    """It came to an end, or is past what was asked. Facts: state."""


class NotYourTurn(Refusal):
    """The other one has to answer first. Facts: none."""


class TermsChanged(Refusal):
    """The yes names other terms than stand now. Facts: none."""


class PayerShort(Refusal):
    """The neighbour who is helped has not enough points free; how many is theirs to know. Facts: needed."""


class CancelledTooLate(Refusal):
    """It has begun: both say how long it was, also where that is not at all. Facts: none."""


class Proposal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When it begins, for how many minutes, and a word that only the two read."""

    starts_at: Annotated[datetime, Meta(tz=True)]
    minutes: Annotated[int, Meta(ge=15, le=720)]
    note: Annotated[str, Meta(max_length=300)] = ""


class Yes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`terms` of the exchange as the caller has read it."""

    terms: Annotated[int, Meta(ge=1, le=2**31 - 1)]


@action
async def answer_post(caller: Caller, post_id: UUID, proposal: Proposal, now: datetime) -> Exchange:
    """The caller would like to help, or to be helped; the owner of the post answers. Nothing is held yet.

    Raises SignInNeeded, NotFound, ExchangesOff, NeighbourSuspended, TooYoung, OwnPost, OneHousehold, PostOver, PostFull,
    AnsweredAlready, NotAhead, WordsNeeded.
    """
    await standing.require_part(caller, now)
    post = await readable(caller, post_id, now)
    if post.member_id == caller.member():
        raise OwnPost()
    owner = await sql.one("SELECT state = 'active' AS is_there, household_id FROM member WHERE id = $1", post.member_id)
    if owner["household_id"] == caller.household_id:
        raise OneHousehold()
    is_there = owner["is_there"]
    if post.state != "open" or not is_there:
        raise PostOver(state=post.state)
    if post.taken >= post.places:
        raise PostFull(places=post.places)
    helper, helped = caller.member(), post.member_id
    if post.kind == "help_offered":
        helper, helped = helped, helper
    made = await exchanges.ask(post_id, helper, helped, caller.member(), _checked(proposal, now), now)
    if made is None:
        raise AnsweredAlready()
    exchange = await exchanges.one(made)
    await audit.write(caller.id, "exchange.asked", f"exchange:{made}", now, post_id=post_id)
    await news.tell(exchange, "exchange_asked", [post.member_id], now)
    return news.seen_by(caller.member(), exchange)


@action
async def propose_terms(caller: Caller, exchange_id: UUID, proposal: Proposal, now: datetime) -> Exchange:
    """Other terms, by whoever has to answer; then the other has to. Raises NotFound, ExchangeOver, NotYourTurn, NotAhead."""
    exchange = await own(caller, exchange_id)
    if exchange.state != "asked":
        raise ExchangeOver(state=exchange.state)
    if exchange.waits_for != caller.member():
        raise NotYourTurn()
    other = exchange.other(caller.member())
    await exchanges.propose(exchange_id, _checked(proposal, now), other)
    changed = await exchanges.one(exchange_id)
    await audit.write(caller.id, "exchange.changed", f"exchange:{exchange_id}", now, terms=changed.terms)
    await news.tell(changed, "exchange_proposed", [other], now, about=str(changed.terms))
    return news.seen_by(caller.member(), changed)


@action
async def agree(caller: Caller, exchange_id: UUID, yes: Yes, now: datetime) -> Exchange:
    """The second yes: the points are held at the one who is helped until both have said how long it was. Safe to repeat.

    Locks both members against leaving, the post, the exchange, the wallet of the one who is helped; where a pool pays what is
    missing, that and the pool's, ascending. Raises NotFound, ExchangesOff, NeighbourSuspended, TooYoung, ExchangeOver,
    NotYourTurn, TermsChanged, NotAhead, PostOver, PostFull, InsufficientPoints, PayerShort, WalletFull, AccountClosed,
    NoPolicy.
    """
    _node, _rules = await standing.require_part(caller, now)
    seen = await own(caller, exchange_id, locks=False)
    await departures.are_here(seen.helper_id, seen.helped_id)  # judged below, in `_has_parted`
    post = await posts.locked(seen.post_id, now)
    exchange = await own(caller, exchange_id)
    if exchange.state == "agreed" and exchange.terms == yes.terms:
        return news.seen_by(caller.member(), exchange)
    _check_turn(exchange, caller, yes)
    _checked(Proposal(exchange.starts_at, exchange.minutes), now)
    if post.state in ("closed", "taken_down") or await _has_parted(exchange):
        raise PostOver(state=post.state)
    if post.taken >= post.places:
        raise PostFull(places=post.places)
    agreed = await _held(caller, exchange, now)
    subject = f"exchange:{exchange_id}"
    await audit.write(caller.id, "exchange.agreed", subject, now, units=agreed.units, minutes=agreed.minutes)
    await news.tell(agreed, "exchange_agreed", [exchange.other(caller.member())], now)
    await news.ask_for_words(agreed, now)
    return news.seen_by(caller.member(), agreed)


@action
async def leave(caller: Caller, exchange_id: UUID, now: datetime) -> Exchange:
    """A no to a proposal, taking one's own back, or calling off what was agreed before it begins. Safe to repeat.

    What was held is free at once. Locks the exchange, the hold, the wallet and that of a pool that paid for it, ascending.
    Raises NotFound, ExchangeOver, CancelledTooLate.
    """
    exchange = await own(caller, exchange_id)
    if exchange.state in ("declined", "withdrawn", "cancelled"):
        return news.seen_by(caller.member(), exchange)
    if exchange.state not in ("asked", "agreed"):
        raise ExchangeOver(state=exchange.state)
    has_word = exchange.helper_minutes is not None or exchange.helped_minutes is not None
    if exchange.state == "agreed" and (now >= exchange.starts_at or has_word):
        raise CancelledTooLate()
    how: exchanges.End = "cancelled"
    if exchange.state == "asked":
        how = "declined" if exchange.waits_for == caller.member() else "withdrawn"
    await exchanges.end(exchange, how, now)
    # A literal each: the audit's words are read from the source.
    deed = {"cancelled": "exchange.cancelled", "declined": "exchange.declined", "withdrawn": "exchange.withdrawn"}[how]
    await audit.write(caller.id, deed, f"exchange:{exchange_id}", now)
    await news.word_said(exchange, exchange.helper_id, exchange.helped_id)
    await news.tell(exchange, f"exchange_{how}", [exchange.other(caller.member())], now)
    return news.seen_by(caller.member(), await exchanges.one(exchange_id))


async def own(caller: Caller, exchange_id: UUID, *, locks: bool = True) -> Exchange:
    """Raises NotFound also for one between others."""
    exchange = await (exchanges.locked if locks else exchanges.one)(exchange_id)
    if caller.member() not in (exchange.helper_id, exchange.helped_id):
        raise NotFound(what="exchange")
    return exchange


def _checked(proposal: Proposal, now: datetime) -> Terms:
    if not now < proposal.starts_at <= now + AHEAD:
        raise NotAhead(field="starts_at", reason="over, or too far ahead", days=AHEAD.days)
    standing.check_private("note", proposal.note)
    return Terms(proposal.starts_at, proposal.minutes, proposal.note.strip())


def _check_turn(exchange: Exchange, caller: Caller, yes: Yes) -> None:
    if exchange.state != "asked":
        raise ExchangeOver(state=exchange.state)
    if exchange.terms != yes.terms:
        raise TermsChanged()
    if exchange.waits_for != caller.member():
        raise NotYourTurn()


async def _has_parted(exchange: Exchange) -> bool:
    """One of the two has broken with the other since, or is in no good standing."""
    stand = "SELECT count(*) FROM member WHERE id IN ($1, $2) AND state = 'active'"
    is_short = await sql.value(stand, exchange.helper_id, exchange.helped_id) < 2
    return is_short or await blocks.between(exchange.helper_id, exchange.helped_id)


async def _held(caller: Caller, exchange: Exchange, now: datetime) -> Exchange:
    units, policy = await worth(exchange.community_id, exchange.minutes, now)
    cap = (await rules_of.of_member(exchange.helper_id, now))[1].wallet_cap_units
    answer_by = exchange.ends_at + timedelta(days=policy.rules.exchange_days)
    hold_until = answer_by + MEDIATION
    await support_payments.pay_missing(*exchanges.held_under(exchange), exchange.helped_id, units, now)
    try:
        await exchanges.agree(exchange, units, cap, policy.id, caller.member(), now, answer_by, hold_until)
    except InsufficientPoints as short:
        if caller.member() == exchange.helped_id:
            raise
        raise PayerShort(needed=units) from short
    return await exchanges.one(exchange.id)
