"""RFM on the page: its form, its grid, and the next analyses for its groups."""
