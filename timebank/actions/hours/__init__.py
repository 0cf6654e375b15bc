"""After the door: stays and their hours, the close of the day, no-shows, corrections, what is looked at by people."""
