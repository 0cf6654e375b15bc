"""Refusals as facts. None carries a status or words; delivery has one table that maps them."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """An action was refused and nothing was changed. What a reader needs to know stands in the attributes named by `facts`."""

    def __init__(self, **facts: Any) -> None:
        super().__init__(type(self).__name__, facts)
        self.facts = facts

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["facts"][name]
        except KeyError:
            raise AttributeError(name) from None


class NotFound(Refusal):
    """The thing named leads to nothing, or to nothing that the caller may know of. Facts: what."""


class Malformed(Refusal):
    """The request itself makes no sense. Facts: field, reason."""
