"""The question of the search for unusual days, and its statistics."""
