"""Paths on the Analyses page: their form, their result and the other ways to count them."""
