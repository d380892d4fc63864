"""The page that opens a receipt: equal or not, and what has changed since.

Asking again and comparing is in `semantic.services.receipts`.
"""
