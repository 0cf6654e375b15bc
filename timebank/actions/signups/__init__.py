"""Places at a session: taken, asked for, offered, given back, and the line that moves on."""
