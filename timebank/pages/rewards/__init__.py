"""The kiosk, the counter and the catalogue."""
