"""A file of an export: of the members named, or for a community of what is no person's."""

from __future__ import annotations

import msgspec


class Contents(msgspec.Struct, frozen=True):
    """A file: `statement` takes the ids of members as $1 and, where it names others by number, whether it may as $2; that of a
    community takes the ids of its nodes as $1. Ids of rows, hashes, codes and secrets stay where they are.
    """

    name: str
    statement: str
