"""Customers, orders, refunds and membership of the demo company, and its small dimensions.

Each file fills the tables named in its first line. `world` says what is sold and when.
"""
