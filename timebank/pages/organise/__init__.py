"""The organiser's pages: plans, dates, the roll, the close of the day, hours."""
