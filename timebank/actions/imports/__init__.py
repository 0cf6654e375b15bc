"""Taking over what was kept elsewhere: looked at row by row, applied in batches, undone as a whole."""
