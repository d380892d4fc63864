"""Import and export Open Semantic Interchange (Apache Ossie).

`interop.star` has the tables and joins that Cube and OSI have in common.
"""
