"""Points between members and the pool: gifts, donations, issues."""
