"""A member's own page, and signing in."""
