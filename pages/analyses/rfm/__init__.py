"""RFM on the Analyses page: the form, the grid, and further analyses of its groups."""
