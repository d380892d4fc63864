"""Paths on the page Analyses: their form, their result and the other ways to count them."""
