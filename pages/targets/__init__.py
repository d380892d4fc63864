"""Targets: list, set, and paste them from a spreadsheet. The pace is shown next to its answer, in `explore.result`."""
