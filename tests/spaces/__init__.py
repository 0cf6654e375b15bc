"""Rooms, hours, bookings."""
