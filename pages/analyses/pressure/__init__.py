"""Contact pressure on the page Analyses: its form and its result."""
