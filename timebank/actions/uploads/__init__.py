"""What a desk did without a network: uploaded, judged by its own time, undone, and what desks disagree about."""
