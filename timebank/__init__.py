"""People, points, rewards and delivery of a neighbourhood's time bank, built on `schedules`."""
