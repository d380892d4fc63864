"""Starters: ready models for tables that teams already own, as data, and the code that matches and fills them.

Each file in `data` is a starter: its tables by role with their columns, the questions it asks, its metrics and its
board. This package compares columns by name and type and writes model files. It reads no rows: `introspection` profiles
tables, and `services` publishes the files.
"""
