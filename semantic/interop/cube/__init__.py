"""Cube projects: imported by `importing`, exported by `exporting`.

Tables and joins common to Cube and OSI are in `interop.star`.
"""
