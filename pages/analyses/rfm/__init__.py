"""RFM on the page: its form, its grid, and what else can be made of its groups."""
