"""The desk, the screen at the place, and self check-in."""
