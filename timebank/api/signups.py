"""Sign-ups: take a place, give it back, see who comes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from schedules import rosters
from schedules.errors import NotFound
from schedules.rosters import Change, Signup
from schedules.signups import Taken
from timebank.actions.activities.see_activity import see_session
from timebank.actions.signups.decide_signup import Decided, Decision, approve, decide_many, reject
from timebank.actions.signups.sign_up import sign_up, sign_up_for
from timebank.actions.signups.take_offer import accept_offer, decline_offer
from timebank.actions.signups.withdraw import Freed, FreedFromHere, take_back, withdraw, withdraw_from_here
from timebank.people.callers import Right
from timebank.web.access import needs, signed_in
from timebank.web.refusals import problem
from timebank.web.request import Key, Now, Reads, Who, request_key

Text = Annotated[str, Meta(max_length=500)]


class NewSignup(msgspec.Struct, forbid_unknown_fields=True):
    """`role_id` where the session has several roles. An organiser gives `member_id` and a `reason`: how the member agreed.

    With `override` the organiser passes over `ended`, `collides`, `not_yet`, `full`, the need for approval and their like; the
    reason is logged and shown. With `wait`, where the answer is `waitlist_open`, the member joins the line.
    """

    role_id: UUID | None = None
    member_id: UUID | None = None
    reason: Text = ""
    override: bool = False
    wait: bool = False


class Withdrawal(msgspec.Struct, forbid_unknown_fields=True):
    reason: Text = ""


class Approval(msgspec.Struct, forbid_unknown_fields=True):
    """With `override` and a `reason`, also against the answer (`collides`, `full` and their like)."""

    reason: Text = ""
    override: bool = False


class Decisions(msgspec.Struct, forbid_unknown_fields=True):
    """Several requests, decided in this order. A rejection needs a `reason`; the members read it."""

    signup_ids: Annotated[list[UUID], Meta(min_length=1, max_length=200)]
    decision: Decision
    reason: Text = ""


class Row(msgspec.Struct):
    """What became of one request: its new `state`, or the `refusal` as a problem document."""

    signup_id: UUID
    state: str | None
    refusal: dict[str, Any] | None


class Comer(msgspec.Struct):
    """One sign-up of a session, with the member's name and number; `door`: expected, here, left or none.

    `position` in line of who waits, `offered_until` of an open offer; `is_late_leave`: let off after the deadline.
    """

    id: UUID
    member_id: UUID
    number: int
    name: str
    role_id: UUID
    role: str
    state: str
    made_at: datetime
    changed_at: datetime
    override_reason: str
    reason: str
    position: int | None
    offered_until: datetime | None
    is_late_leave: bool
    door: str | None


class Signups(msgspec.Struct):
    """`after` is the cursor of the next page; none: this was the last."""

    signups: list[Signup]
    after: UUID | None


@post("/api/v1/sessions/{session_id:uuid}/sign-ups", guards=[signed_in])
async def post_signup(
    session_id: FromPath[UUID], data: JSONBody[NewSignup], caller: Who, now: Now, key: Key = None
) -> Response[Taken]:
    """Takes a place; the `state` says whether it is confirmed, requested (an organiser decides) or waiting.

    A 409 has the answer as its `code`: full, waitlist_open, collides, not_yet, ended, signed_up, blocked ...
    """
    kept = request_key(caller, key, [session_id, data], now, "sign up")
    if data.member_id is None:
        answer = await sign_up.once(kept, caller, session_id, now, data.role_id, data.wait)
    else:
        answer = await sign_up_for.once(
            kept, caller, session_id, data.member_id, data.reason, now, data.role_id, data.override, data.wait
        )
    return Response(answer.value, status_code=200 if answer.is_replay else 201)


@get("/api/v1/sessions/{session_id:uuid}/sign-ups", guards=[needs(Right.RUN_ACTIVITIES)])
async def get_session_signups(session_id: FromPath[UUID], caller: Who) -> list[Comer]:
    """Everybody who signed up, for who runs the session; names and numbers, no contact data."""
    return [
        Comer(
            line.signup.id,
            line.person.id,
            line.person.number,
            line.person.name,
            line.signup.role_id,
            line.signup.role,
            line.signup.state,
            line.signup.made_at,
            line.signup.changed_at,
            line.signup.override_reason,
            line.signup.reason,
            line.signup.position,
            line.signup.offered_until,
            line.signup.is_late_leave,
            line.at_door.state if line.at_door else None,
        )
        for line in (await see_session(caller, session_id)).lines
    ]


@get("/api/v1/sign-ups", guards=[signed_in])
async def get_signups(
    caller: Who,
    now: Now,
    past: FromQuery[bool] = False,
    after: FromQuery[UUID | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=100)] = 30,
) -> Signups:
    """The caller's own, by the start of their sessions; with `past`, also of sessions that are over."""
    found = await rosters.of_person(caller.member(), ends_after=None if past else now, after=after, limit=limit)
    return Signups(found, found[-1].id if len(found) == limit else None)


@get("/api/v1/sign-ups/{signup_id:uuid}/history", guards=[signed_in])
async def get_history(signup_id: FromPath[UUID], caller: Who) -> list[Change]:
    """Every state that the caller's sign-up has had: since when, by whom, why."""
    if (await rosters.find(signup_id)).person_id != caller.member():
        raise NotFound(what="signup")
    return await rosters.history(signup_id)


@post("/api/v1/sign-ups/{signup_id:uuid}/withdraw", guards=[signed_in], status_code=200)
async def post_withdraw(signup_id: FromPath[UUID], data: JSONBody[Withdrawal], caller: Who, now: Now, key: Key = None) -> Freed:
    """Gives the caller's own place back, or leaves the line; 409 `withdraw_too_late` names the deadline and whom to ask."""
    answer = await withdraw.once(
        request_key(caller, key, [signup_id, data], now, "withdraw"), caller, signup_id, now, data.reason
    )
    return answer.value


@post("/api/v1/sign-ups/{signup_id:uuid}/take-back", guards=[needs(Right.RUN_ACTIVITIES)], status_code=200)
async def post_take_back(
    signup_id: FromPath[UUID], data: JSONBody[Withdrawal], caller: Who, now: Now, key: Key = None
) -> Freed:
    """An organiser takes somebody's place back, with a reason; after the deadline it is noted as a late leave."""
    answer = await take_back.once(
        request_key(caller, key, [signup_id, data], now, "take back"), caller, signup_id, data.reason, now
    )
    return answer.value


@post("/api/v1/sign-ups/{signup_id:uuid}/withdraw-from-here", guards=[signed_in], status_code=200)
async def post_withdraw_from_here(
    signup_id: FromPath[UUID], data: JSONBody[Withdrawal], caller: Who, now: Now, key: Key = None
) -> FreedFromHere:
    """Withdraws from this session of the activity and all later ones; `kept` lists those past their deadline."""
    answer = await withdraw_from_here.once(
        request_key(caller, key, [signup_id, data], now, "withdraw from here"), caller, signup_id, now, data.reason
    )
    return answer.value


@post("/api/v1/sign-ups/{signup_id:uuid}/accept", guards=[signed_in], status_code=200)
async def post_accept(signup_id: FromPath[UUID], caller: Who, now: Now, key: Key = None) -> Taken:
    """Takes the place that is held for the caller; 409 `offer_ran_out` from the second on which the offer has run out."""
    answer = await accept_offer.once(request_key(caller, key, signup_id, now, "accept"), caller, signup_id, now)
    return answer.value


@post("/api/v1/sign-ups/{signup_id:uuid}/decline", guards=[signed_in], status_code=200)
async def post_decline(signup_id: FromPath[UUID], data: JSONBody[Withdrawal], caller: Who, now: Now, key: Key = None) -> Freed:
    """Lets the place go to the next in line, and leaves the line."""
    answer = await decline_offer.once(
        request_key(caller, key, [signup_id, data], now, "decline"), caller, signup_id, now, data.reason
    )
    return answer.value


@post("/api/v1/sign-ups/{signup_id:uuid}/approve", guards=[needs(Right.RUN_ACTIVITIES)], status_code=200)
async def post_approve(signup_id: FromPath[UUID], data: JSONBody[Approval], caller: Who, now: Now, key: Key = None) -> Decided:
    """Gives the place to who asked for it. 409 `full`: the last place is gone, and the request stays."""
    answer = await approve.once(
        request_key(caller, key, [signup_id, data], now, "approve"), caller, signup_id, now, data.reason, data.override
    )
    return answer.value


@post("/api/v1/sign-ups/{signup_id:uuid}/reject", guards=[needs(Right.RUN_ACTIVITIES)], status_code=200)
async def post_reject(signup_id: FromPath[UUID], data: JSONBody[Withdrawal], caller: Who, now: Now, key: Key = None) -> Decided:
    """Rejects a request, with a reason that the member reads."""
    answer = await reject.once(request_key(caller, key, [signup_id, data], now, "reject"), caller, signup_id, data.reason, now)
    return answer.value


@post("/api/v1/sign-ups/decisions", guards=[needs(Right.RUN_ACTIVITIES)], status_code=200)
async def post_decisions(data: JSONBody[Decisions], caller: Who, now: Now, language: Reads) -> list[Row]:
    """Decides several requests, each for itself and with a result of its own. Safe to repeat: what is decided is refused."""
    return [
        Row(
            one.signup_id,
            one.decided.state if one.decided else None,
            problem(one.refusal, language) if one.refusal else None,
        )
        for one in await decide_many(caller, data.signup_ids, data.decision, data.reason, now)
    ]


routes: list[Any] = [
    post_signup,
    get_session_signups,
    get_signups,
    get_history,
    post_withdraw,
    post_take_back,
    post_withdraw_from_here,
    post_accept,
    post_decline,
    post_approve,
    post_reject,
    post_decisions,
]
