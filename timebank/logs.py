"""Structured logs: one JSON object a line; readable lines in the demo. Every line carries the request's id."""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import IO, Any, BinaryIO, TextIO, cast

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from timebank.settings import Settings


def configure(settings: Settings) -> None:
    """Once per process. Warnings of libraries go the same way."""
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    is_demo = settings.mode == "demo"
    structlog.configure(
        processors=[*before, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()) if is_demo else as_json],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", Lossy(sys.stderr)))
        if is_demo
        else structlog.BytesLoggerFactory(cast("BinaryIO", Lossy(sys.stderr.buffer))),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")


class Lossy:
    """A stream that drops what it cannot take: on a full disk a line of the log is lost, and not the answer it tells of."""

    def __init__(self, stream: IO[Any]) -> None:
        self.stream = stream

    def write(self, line: Any) -> None:
        with contextlib.suppress(OSError):
            self.stream.write(line)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self.stream.flush()


def as_json(logger: WrappedLogger, method: str, event: EventDict) -> bytes:
    """The line as bytes; what JSON does not know is written as its text."""
    return msgspec.json.encode(event, enc_hook=repr)
