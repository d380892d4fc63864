"""Data of the kind that companies bring: rows in platforms' shapes, and warehouses full of traps."""
