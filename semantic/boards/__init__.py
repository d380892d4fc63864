"""Boards as plain frozen data: tabs, rows, and tiles with their questions.

Also the settings that a viewer can change for all tiles.

This package edits, merges and compares boards, and has the templates and both formats (JSON, YAML). `store.boards`
keeps boards, `services.boards` decides who has access, and `display.boards` makes files.
"""
