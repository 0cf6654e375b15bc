"""What a handler takes from the request: the instant, the caller, the language, the idempotency key."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.params import HeaderParameter

from schedules.errors import Malformed
from timebank.actions.action import RequestKey
from timebank.people.callers import Caller
from timebank.settings import Settings
from timebank.web import words
from timebank.web.access import caller_of, instant_of

# What handlers take by name: `caller: Who, now: Now, language: Reads, settings: Installed`.
Who = NamedDependency[Caller]
Now = NamedDependency[datetime]
Reads = NamedDependency[words.Language]
Installed = NamedDependency[Settings]
Key = Annotated[str | None, HeaderParameter(name="Idempotency-Key")]
KEY_FORM = re.compile(r"[\x21-\x7e]{8,200}")


# Caller, instant, language: each names the one before. Litestar resolves what is independent in a group of tasks, and the group
# costs more than the three of them. The language stands last: most calls of programs are answered without it.
async def provide_caller(request: Request[Any, Any, Any]) -> Caller:
    """Who asks; a stranger where nobody is signed in."""
    return await caller_of(request)


def provide_now(request: Request[Any, Any, Any], caller: Who) -> datetime:
    """The instant of this request, by which its caller was looked up."""
    return instant_of(request)


def language_of(connection: ASGIConnection[Any, Any, Any, Any]) -> words.Language:
    """The reader's language: the choice on the page, the member's own, the browser's."""
    caller = connection.scope.get("user")
    own = caller.language if isinstance(caller, Caller) else ""
    return words.choose(connection.cookies.get(words.LANGUAGE_COOKIE), own, connection.headers.get("accept-language", ""))


async def provide_language(request: Request[Any, Any, Any], now: Now) -> words.Language:
    """The reader's language, known once the caller is."""
    return language_of(request)


def request_key(caller: Caller, key: str | None, asked: object, now: datetime, verb: str) -> RequestKey | None:
    """The key of an unsafe request, or None without one. `asked` is the decoded request: two spellings are one.

    Raises Malformed for a key that is not 8 to 200 visible ASCII characters.
    """
    if not key:
        return None
    if not KEY_FORM.fullmatch(key):
        raise Malformed(field="Idempotency-Key", reason="8 to 200 visible ASCII characters")
    digest = hashlib.sha256(verb.encode() + b"\0" + msgspec.json.encode(asked, order="deterministic")).digest()
    return RequestKey(scope=caller.scope, key=key, request_hash=digest, sent_at=now)
