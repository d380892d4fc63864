"""Targets: list, set, and paste them from a spreadsheet. Pace is shown next to its answer, in `explore.result`."""
