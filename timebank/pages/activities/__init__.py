"""What members read of activities, and what they do about their own sign-ups."""
