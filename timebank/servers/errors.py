"""What keeps the embedded servers from running."""

from __future__ import annotations

from timebank.errors import CannotRun


class ServersRefused(CannotRun):
    """The embedded servers cannot be run as things are."""


class FolderInUse(ServersRefused):
    """Another process holds the data folder."""
