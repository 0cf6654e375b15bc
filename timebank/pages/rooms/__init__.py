"""Rooms as residents see, book and leave them."""
