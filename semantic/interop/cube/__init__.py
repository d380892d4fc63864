"""Cube projects: read by `importing`, written by `exporting`.

Tables and joins that Cube and OSI say alike are in `interop.star`.
"""
