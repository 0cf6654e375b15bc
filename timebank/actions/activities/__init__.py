"""Activities, their dates and tasks, and what is read of them: the board, the organiser's lists, reminders."""
