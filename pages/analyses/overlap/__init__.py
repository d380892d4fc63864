"""Channel overlap on the Analyses page: its form and its result."""
