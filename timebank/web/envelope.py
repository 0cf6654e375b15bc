"""What surrounds every request, whatever becomes of it: an id, a log line, security headers, and the same-origin rule.

Plain ASGI around the whole application, because Litestar's hooks are not called for answers made by exception handlers.
"""

from __future__ import annotations

import time
import uuid
from datetime import UTC
from typing import Any
from urllib.parse import urlsplit

import structlog
from litestar.types import ASGIApp, Message, Receive, Send

from timebank.web import clock

log = structlog.get_logger("http")

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self' 'wasm-unsafe-eval'; "
    "connect-src 'self'; worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), geolocation=(), microphone=()"),
]
UNGUESSABLE = "/calendars/"


def envelope(app: ASGIApp, own_host: str) -> ASGIApp:
    """The application with the envelope around it. `own_host` is that of the public address: a proxy may send another."""

    async def surrounded(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        started, request_id, status = time.perf_counter(), uuid.uuid4().hex, 0
        own = (b"x-request-id", request_id.encode())
        structlog.contextvars.bind_contextvars(request_id=request_id)
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *HEADERS, *told_time(scope["path"]), own]
            await send(message)

        try:
            if is_foreign(scope, own_host):
                await refuse_foreign(send_with_headers)
            else:
                await app(scope, receive, send_with_headers)
        finally:
            if not scope["path"].startswith("/static/"):
                log.info(
                    "request",
                    method=scope["method"],
                    path=told_path(scope["path"]),
                    status=status,
                    ms=round(1000 * (time.perf_counter() - started), 1),
                )
            structlog.contextvars.clear_contextvars()

    return surrounded


def told_time(path: str) -> list[tuple[bytes, bytes]]:
    """Our clock, by which a desk measures its own at every contact (checkin-47). What is kept in caches tells no time."""
    if path.startswith("/static/"):
        return []
    return [(b"timebank-now", clock.now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z").encode())]


def told_path(path: str) -> str:
    """The path as the log keeps it: where the address itself is the secret, without it."""
    return UNGUESSABLE + "..." if path.startswith(UNGUESSABLE) else path


def is_foreign(scope: Any, own_host: str) -> bool:
    """An unsafe request that a page of another origin made a browser send. One of both headers that says so is enough.

    Programs send neither header and carry no cookie unasked.
    """
    if scope["method"] in SAFE_METHODS:
        return False
    headers = dict(scope["headers"])
    site = headers.get(b"sec-fetch-site")
    if site == b"none":
        return False
    if site not in (None, b"same-origin"):
        return True
    origin = headers.get(b"origin")
    hosts = (own_host, headers.get(b"host", b"").decode("latin-1"))
    return origin is not None and urlsplit(origin.decode("latin-1")).netloc not in hosts


async def refuse_foreign(send: Send) -> None:
    body = (
        b'{"type":"/problems/foreign_origin","code":"foreign_origin","status":403,'
        b'"title":"This form was sent from another site."}'
    )
    await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"application/problem+json")]})
    await send({"type": "http.response.body", "body": body, "more_body": False})
