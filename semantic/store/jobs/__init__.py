"""Jobs: when each is due, which worker is running it, and how its last run ended."""
