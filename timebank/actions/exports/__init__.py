"""Taking everything along: of a community, or of a member, as one file that the job makes."""
