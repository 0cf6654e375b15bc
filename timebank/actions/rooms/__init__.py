"""Rooms: booked, drawn by lot, waited for, left, and kept by their staff."""
