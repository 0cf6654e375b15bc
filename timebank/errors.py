"""What keeps a command from running."""

from __future__ import annotations


class CannotRun(Exception):
    """The message says in plain words what happened, why, and what to do next; the command line prints it and ends."""
