"""Signing in and out as a program: a code or a password for a bearer token."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, post
from litestar.params import JSONBody
from msgspec import Meta

from schedules.errors import Malformed
from timebank.actions.people.sign_in import ask_for_code, sign_in_by_code, sign_in_by_password, sign_out
from timebank.web.access import anyone, signed_in, tokens_of
from timebank.web.code_messages import hand_over, shown
from timebank.web.peer import address_of
from timebank.web.request import Installed, Now, Reads

Short = Annotated[str, Meta(max_length=200)]


class Phone(msgspec.Struct, forbid_unknown_fields=True):
    phone: Short


class CodeSent(msgspec.Struct):
    """`demo_code` is there in demo and test mode only."""

    expires_at: datetime
    demo_code: str | None = None


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    """A phone with either a code or a password."""

    phone: Short
    code: Short | None = None
    password: Short | None = None


class SignedIn(msgspec.Struct):
    token: str
    member_id: UUID
    expires_at: datetime


@post("/api/v1/sign-in/codes", guards=[anyone], status_code=202)
async def post_code(
    data: JSONBody[Phone], request: Request[Any, Any, Any], settings: Installed, language: Reads, now: Now
) -> CodeSent:
    """Sends a one-time code to the phone. The answer does not tell whether a member has the number."""
    sent = await ask_for_code(data.phone, address_of(request, settings), now)
    hand_over(sent, language, settings)
    return CodeSent(sent.expires_at, shown(sent, settings) or None)


@post("/api/v1/sign-in", guards=[anyone])
async def post_sign_in(data: JSONBody[SignIn], request: Request[Any, Any, Any], settings: Installed, now: Now) -> SignedIn:
    """A bearer token for sixty days. 409 for a wrong code or password, 429 after too many."""
    address, browser = address_of(request, settings), request.headers.get("user-agent", "")
    if (data.code is None) == (data.password is None):
        raise Malformed(field="code", reason="either code or password")
    if data.code is not None:
        made = await sign_in_by_code(data.phone, data.code, browser, address, now)
    else:
        made = await sign_in_by_password(data.phone, data.password or "", browser, address, now)
    return SignedIn(made.token, made.member_id, made.expires_at)


@post("/api/v1/sign-out", guards=[signed_in], status_code=204)
async def post_sign_out(request: Request[Any, Any, Any], now: Now) -> None:
    """Ends the sign-in of the token that asks."""
    await sign_out(tokens_of(request)[0] or "", now)


routes: list[Any] = [post_code, post_sign_in, post_sign_out]
