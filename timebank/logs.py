"""Structured logs: one JSON object a line; readable lines in the demo. Every line carries the request's id."""

from __future__ import annotations

import logging
import sys

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
        logger_factory=structlog.PrintLoggerFactory(sys.stderr) if is_demo else structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")


def as_json(logger: WrappedLogger, method: str, event: EventDict) -> bytes:
    """The line as bytes; what JSON does not know is written as its text."""
    return msgspec.json.encode(event, enc_hook=repr)
