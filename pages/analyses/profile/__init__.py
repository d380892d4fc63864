"""The profile on the page: its form, its chart, and the next analyses for its people."""
