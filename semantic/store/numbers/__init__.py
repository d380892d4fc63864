"""What is kept about numbers: receipts, targets, remarks, and what checks of the data found.

Rows of the store alone; what each of these nouns means is in `results`, `targets` and `annotations`.
"""
