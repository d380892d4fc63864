"""Turn YAML into a checked model: the schema, the reader, and the form in which a checked model is cached.

Start from `load`, which takes the text of the files and doesn't need to know where they are.
"""
