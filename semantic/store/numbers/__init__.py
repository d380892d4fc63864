"""Data about numbers: receipts, targets, remarks, and results of data checks.

This package has only the store's rows. `results`, `targets` and `annotations` define these nouns.
"""
