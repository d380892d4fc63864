"""Describe how each engine's SQL differs, and print trees in its dialect.

To add an engine, add a row to `table`.
"""
