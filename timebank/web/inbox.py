"""Messages in words, for pages and API; one that nobody can put into words any more takes nothing else along."""

from __future__ import annotations

import structlog

import timebank.web.letters  # noqa: F401  fills the table of words
from timebank.outbox.inbox import Entry
from timebank.web import post
from timebank.web.post import Letter
from timebank.web.words import Language, _, say

log = structlog.get_logger()


def in_words(entry: Entry, language: Language, clock_hours: int) -> Letter:
    """The message in the reader's language."""
    try:
        return post.read(entry.kind, entry.facts, language, clock_hours)
    except (KeyError, ValueError, TypeError) as error:
        log.error("a message has no words", message=str(entry.id), kind=entry.kind, error=f"{type(error).__name__}: {error}")
        words = _("A message"), _("Its words cannot be shown any more. Open what it is about.")
        return Letter(*(say(language, each) for each in words))
