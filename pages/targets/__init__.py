"""Targets listed, set and pasted from a spreadsheet.

The pace towards one is shown beside its answer, in `explore.result`.
"""
