"""Describe what each engine's SQL supports, lacks and writes differently, and print trees in that dialect.

To add an engine, add a row to `table`.
"""
