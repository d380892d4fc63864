"""From YAML to a checked model: the schema, the reader, and the compact form in which a checked model is cached.

Other packages start from `load`. It reads the text it is given; where the files are isn't decided here.
"""
