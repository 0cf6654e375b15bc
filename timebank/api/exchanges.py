"""Exchanges between neighbours: terms, the second yes, the word of each about how long it was, the mediator."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from timebank.actions.neighbours.arrange import Proposal, Yes, agree, leave, propose_terms
from timebank.actions.neighbours.confirm import Word, say_how_long
from timebank.actions.neighbours.mediate import Case, Decision, Statement, decide, see_case, see_cases, tell_mediator
from timebank.actions.neighbours.see_exchanges import Own, SeenExchange, see_exchange, see_exchanges
from timebank.people.callers import Right
from timebank.points.exchanges import Exchange
from timebank.web.access import needs, signed_in
from timebank.web.request import Key, Now, Who, request_key

staff = [needs(Right.MEDIATE)]


@get("/api/v1/me/exchanges", guards=[signed_in])
async def get_exchanges(caller: Who, now: Now) -> Own:
    """The caller's, under way first, each with its next step. `units` of 1/100 point."""
    return await see_exchanges(caller, now)


@get("/api/v1/me/exchanges/{exchange_id:uuid}", guards=[signed_in])
async def get_exchange(exchange_id: FromPath[UUID], caller: Who, now: Now) -> SeenExchange:
    """One of the caller's. The other's word about the minutes shows once both have spoken."""
    return await see_exchange(caller, exchange_id, now)


@post("/api/v1/me/exchanges/{exchange_id:uuid}/terms", guards=[signed_in], status_code=200)
async def post_terms(
    exchange_id: FromPath[UUID], data: JSONBody[Proposal], caller: Who, now: Now, key: Key = None
) -> Response[Exchange]:
    """Other terms, by whoever has to answer. 409 `not_your_turn`, `exchange_over`."""
    asked = request_key(caller, key, [exchange_id, data], now, "propose terms")
    answer = await propose_terms.once(asked, caller, exchange_id, data, now)
    return Response(answer.value, status_code=200)


@post("/api/v1/me/exchanges/{exchange_id:uuid}/agree", guards=[signed_in], status_code=200)
async def post_agreement(exchange_id: FromPath[UUID], data: JSONBody[Yes], caller: Who, now: Now) -> Exchange:
    """The second yes: points are held at the one who is helped. Safe to repeat.

    409 `terms_changed`, `post_full`, `post_over`, `insufficient_points`, `payer_short`, `wallet_full`, `exchange_over`.
    """
    return await agree(caller, exchange_id, data, now)


@post("/api/v1/me/exchanges/{exchange_id:uuid}/leave", guards=[signed_in], status_code=200)
async def post_leaving(exchange_id: FromPath[UUID], caller: Who, now: Now) -> Exchange:
    """A no, taking a proposal back, or calling it off before it begins. Safe to repeat. 409 `cancelled_too_late`."""
    return await leave(caller, exchange_id, now)


@post("/api/v1/me/exchanges/{exchange_id:uuid}/word", guards=[signed_in], status_code=200)
async def post_word(exchange_id: FromPath[UUID], data: JSONBody[Word], caller: Who, now: Now) -> Exchange:
    """How many minutes it was; 0: not at all. With the second word it is paid or goes to a mediator. Safe to repeat."""
    return await say_how_long(caller, exchange_id, data, now)


@post("/api/v1/me/exchanges/{exchange_id:uuid}/hearing", guards=[signed_in], status_code=200)
async def post_hearing(
    exchange_id: FromPath[UUID], data: JSONBody[Statement], caller: Who, now: Now, key: Key = None
) -> Response[Exchange]:
    """Tells the mediator how it was; both and the mediator read it, and it stays as it was said."""
    asked = request_key(caller, key, [exchange_id, data], now, "tell mediator")
    answer = await tell_mediator.once(asked, caller, exchange_id, data, now)
    return Response(answer.value, status_code=200)


@get("/api/v1/neighbours/mediation", guards=staff)
async def get_cases(caller: Who) -> list[Exchange]:
    """What waits for a mediator where the caller may be one, the oldest first."""
    return await see_cases(caller)


@get("/api/v1/neighbours/mediation/{exchange_id:uuid}", guards=staff)
async def get_case(exchange_id: FromPath[UUID], caller: Who, now: Now) -> Case:
    """One of them, with what the two have said."""
    return await see_case(caller, exchange_id, now)


@post("/api/v1/neighbours/mediation/{exchange_id:uuid}/decision", guards=staff, status_code=200)
async def post_decision(exchange_id: FromPath[UUID], data: JSONBody[Decision], caller: Who, now: Now) -> Exchange:
    """The minutes that count, with a reason that both read. Safe to repeat. 403 `four_eyes`; 409 `not_heard`."""
    return await decide(caller, exchange_id, data, now)


routes: list[Any] = [
    get_exchanges,
    get_exchange,
    post_terms,
    post_agreement,
    post_leaving,
    post_word,
    post_hearing,
    get_cases,
    get_case,
    post_decision,
]
