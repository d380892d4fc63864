"""Boards as plain frozen data: tabs, rows, tiles with their questions, and the settings that a viewer can change for
all of them.

Editing, merging, comparing, templates and the two formats (JSON, YAML). They are stored in `store.boards`, access is
decided in `services.boards`, and their files are made in `display.boards`.
"""
