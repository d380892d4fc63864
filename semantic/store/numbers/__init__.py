"""Data about numbers: receipts, targets, remarks, and results of data checks.

This package only reads and writes rows. `results`, `targets` and `annotations` define what the rows contain.
"""
