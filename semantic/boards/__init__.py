"""Boards as plain frozen data: tabs, rows and tiles with a question each, and what a reader can change of all of them.

Editing, merging, comparing, templates and the two written forms (JSON, YAML). Keeping them is in `store.boards`, who
can open one in `services.boards`, files of them in `display.boards`.
"""
