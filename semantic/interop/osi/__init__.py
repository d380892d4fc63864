"""Open Semantic Interchange (Apache Ossie): imported by `importing`, exported by `exporting`.

`interop.star` has the tables and joins that Cube and OSI have in common.
"""
