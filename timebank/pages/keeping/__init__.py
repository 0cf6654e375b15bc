"""Rooms as their staff keep them."""
