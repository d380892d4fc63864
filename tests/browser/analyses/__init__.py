"""How people use the page Analyses."""
