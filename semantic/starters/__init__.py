"""Starters: ready models for tables that teams already own, and the code that matches tables and fills them in.

Each file in `data` is one starter: its tables by role with their columns, its questions, its metrics and its board.
This package compares columns by name and type and writes model files. It doesn't read any rows. `introspection`
profiles tables, and `services` publishes the files.
"""
