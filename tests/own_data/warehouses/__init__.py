"""Made-up warehouses full of traps: `retail` has 40 tables in three schemas, `leads` has 18 tables.

Rows come from seeded generators written without looking at the code that drafts models. What is true about them is
in ../truths, written by hand.
"""
