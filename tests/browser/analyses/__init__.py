"""Browser tests of the page Analyses."""
