"""Data about numbers: receipts, targets, remarks, and results of data checks.

Only the store's rows; what these nouns mean is in `results`, `targets` and `annotations`.
"""
