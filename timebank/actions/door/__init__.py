"""At the door, while it happens: scans, check-in and check-out, names, walk-ins, the venue code, what a desk takes along."""
