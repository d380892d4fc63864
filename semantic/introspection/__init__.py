"""Inspect tables and suggest a model: profiles of the tables, guesses with their evidence, and model files.

Only `profiling` queries an engine. Everything else is pure. `semantic.starters` has ready models for tables that teams
already own, and `semantic.interop` imports other tools' models.
"""
