"""Import and export Cube projects.

`interop.star` has the tables and joins that Cube and OSI have in common.
"""
