"""Data that a company could bring: warehouses made up with traps, with the truth about them and a scorer, and rows in
the shapes of platforms' exports.
"""
