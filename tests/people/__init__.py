"""Members, how they sign in, what they may do, and the devices."""
