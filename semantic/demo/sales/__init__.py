"""The demo company's sales to offices and hotels: leads, accounts and opportunities.

The first line of each file names the tables that it fills.
"""
