"""Structured logs: one JSON object a line in production, readable lines elsewhere; every line carries the request's id."""

from __future__ import annotations

import logging
import sys

import structlog

from timebank.settings import Settings


def configure(settings: Settings) -> None:
    """Once per process. Warnings of libraries go the same way."""
    draw = structlog.processors.JSONRenderer() if settings.mode == "production" else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            draw,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
