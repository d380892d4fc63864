"""Selling to offices and hotels: leads, accounts and opportunities of the demo company.

Each file fills the tables named in its first line.
"""
