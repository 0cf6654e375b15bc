"""What kinds of rewards there are, by name: enough to find something, few enough to be seen at once."""

from __future__ import annotations

CATEGORIES = ("food", "home", "care", "learning", "other")
FALLBACK = "other"
