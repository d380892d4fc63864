"""A board as its readers see it."""
