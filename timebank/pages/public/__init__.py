"""What everybody may read: the board and the rules."""
