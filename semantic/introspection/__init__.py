"""Inspect tables and suggest a model: profiles, guesses with their evidence, and files.

`profiling` asks an engine. Everything else is pure. Ready-made models for tables that teams already have are in
`semantic.starters`, and models of other tools in `semantic.interop`.
"""
