"""Members and what is theirs: sign-in, passes, skills, teams, messages."""
