"""Paths on the Analyses page: the form, the result, and the switches that count paths in another way."""
