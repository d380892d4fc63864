"""From YAML to a checked model: the schema, the reader, and the compact form in which a checked model is cached.

Other packages start from `load`. It reads the text that it is given; where the files are is not decided here.
"""
