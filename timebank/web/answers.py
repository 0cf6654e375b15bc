"""What is answered everywhere alike: the id of what was made; exceptions as problem documents, or a page with a way back."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, NotAuthorizedException, ValidationException
from litestar.types import ExceptionHandlersMap

from schedules.errors import Malformed, NotFound, Refusal
from schedules.sql import Busy
from timebank.web import told as _told  # noqa: F401  fills the table
from timebank.web.refusals import problem, tell
from timebank.web.refusals import told as row_of
from timebank.web.request import language_of
from timebank.web.words import _

log = structlog.get_logger("answers")


class Made(msgspec.Struct):
    """The id of what the request has made, now or when it came first."""

    id: UUID


class Failure(Exception):
    """Our own fault; the log has the cause under the request's id."""


class UnknownOutcome(Exception):
    """The database went away before it answered: the request was carried out or not. The same key tells, whichever it was."""


class MethodNotAllowed(Exception):
    """The address exists but not for this verb."""


class TooLarge(Exception):
    """The body is larger than this endpoint takes."""


class UnsupportedMedia(Exception):
    """The body is not of a type that this endpoint reads."""


tell(Failure, 500, _("Something went wrong on our side."), _("Try again; if it stays, tell the organiser the number below."))
tell(
    UnknownOutcome,
    503,
    _("We do not know yet whether this was done."),
    _("Wait a moment and send the same again: it is not done twice."),
    retry_after=2,
)
tell(MethodNotAllowed, 405, _("This address does not take this kind of request."), _("Check the address and the verb."))
tell(TooLarge, 413, _("This is too large."), _("Send less at once."))
tell(UnsupportedMedia, 415, _("This endpoint reads JSON only."), _("Send it as application/json."))

# Locks and statements that took too long, and a server that took no connection: nothing was changed, so send it again.
TRANSIENT = (
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.OutOfMemoryError,
    asyncpg.DiskFullError,
    ConnectionRefusedError,
)
# The connection went away under a statement. It may have been the COMMIT: nobody knows what became of it.
LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InternalClientError,  # what the driver says of a connection that was cut between two messages
    ConnectionError,
    TimeoutError,
)
# Text or figures that PostgreSQL cannot hold: NUL, beyond 2^63.
UNFIT = (asyncpg.DataError, asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)
HTTP: dict[int, type[Exception]] = {404: NotFound, 405: MethodNotAllowed, 413: TooLarge, 415: UnsupportedMedia}


async def read_json_strictly(request: Request[Any, Any, Any]) -> None:
    """Before a handler of the API reads a body: Litestar would take any type as JSON, and "100" or 1e2 as a whole number (L4).

    Raises HTTPException, told as UnsupportedMedia, and Malformed.
    """
    has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    if not has_body or not request.scope["path"].startswith("/api/"):
        return
    if request.content_type[0] != "application/json":
        raise HTTPException(status_code=415)
    wanted = request.route_handler.parsed_fn_signature.parameters.get("data")
    if wanted is None:
        return
    try:
        _decoder(wanted.annotation).decode(await request.body())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(field="", reason=str(error)) from error


@cache
def _decoder(kind: type) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def as_refusal(error: Exception) -> Exception:
    """The refusal that stands for this exception."""
    if isinstance(error, Refusal | Busy):
        return error
    if isinstance(error, TRANSIENT):
        log.warning("busy", cause=repr(error))
        return Busy()
    if isinstance(error, LOST) or _is_closed(error):
        log.warning("connection lost", cause=repr(error))
        return UnknownOutcome()
    if isinstance(error, UNFIT):
        return Malformed(field="", reason="a text or figure that cannot be kept")
    if isinstance(error, msgspec.DecodeError | UnicodeDecodeError | RecursionError):
        return Malformed(field="", reason=str(error))
    if isinstance(error, ValidationException):
        return Malformed(field="", reason=str(error.extra or error.detail))
    if isinstance(error, NotAuthorizedException):
        return Failure()
    if isinstance(error, HTTPException) and error.status_code < 500:
        return HTTP.get(error.status_code, lambda: Malformed(field="", reason=str(error.detail)))()
    log.error("failure", exc_info=error)
    return Failure()


def _is_closed(error: Exception) -> bool:
    """A statement after the one that lost its connection; asyncpg's other interface errors are our own mistakes."""
    return isinstance(error, asyncpg.InterfaceError) and "connection is closed" in str(error)


def as_problem(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """An `application/problem+json` answer in the reader's language."""
    refusal = as_refusal(error)
    body = problem(refusal, language_of(request)) | {"instance": request.scope.get("state", {}).get("request_id", "")}
    row = row_of(refusal)
    headers = {"retry-after": str(row.retry_after)} if row.retry_after else {}
    return Response(body, status_code=row.status, media_type="application/problem+json", headers=headers)


Page = Callable[[Request[Any, Any, Any], Exception, Exception], Response[Any]]


def handlers(page: Page) -> ExceptionHandlersMap:
    """For the whole application: `page` draws the refusal for people, the problem document serves everybody else."""

    def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        wants_page = "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(("/api/", "/health/"))
        return page(request, error, as_refusal(error)) if wants_page else as_problem(request, error)

    return {Exception: answer, HTTPException: answer}
