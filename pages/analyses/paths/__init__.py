"""Paths on the page Analyses: their form, their result and how else they can be counted."""
