"""Inspect tables and suggest a model: profiles, guesses with their evidence, and files.

`profiling` asks an engine; everything else is pure. Ready models for tables that teams already own are in
`semantic.starters`, and models of other tools in `semantic.interop`.
"""
