"""Targets: list and set them, or paste them from a spreadsheet. `explore.result` shows the pace next to an answer."""
