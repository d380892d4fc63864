"""Data that a company could bring: made-up warehouses with traps, their truths and a scorer, and rows in the formats of
platform exports.
"""
