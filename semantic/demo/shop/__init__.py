"""Customers, orders, refunds and membership of the demo company, and its small dimensions.

Each file fills the tables that its first line names. What is sold and when is written in `world`.
"""
