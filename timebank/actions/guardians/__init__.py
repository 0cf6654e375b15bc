"""A guardian agrees that somebody under age takes part, or takes that back."""
