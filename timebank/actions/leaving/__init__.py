"""Members who leave, and what becomes of the points of those who have died."""
