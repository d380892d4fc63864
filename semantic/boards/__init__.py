"""Boards as plain frozen data: tabs, rows, tiles with their questions, and the settings that a viewer can change.

This package edits, merges and compares boards. It also contains the templates and reads and writes both file formats,
JSON and YAML. `store.boards` saves boards, `services.boards` decides who has access, and `display.boards` makes files.
"""
