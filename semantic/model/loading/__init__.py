"""Turn YAML into a checked model: the schema, the reader, and the compact form in which a checked model is cached.

Other packages start from `load`, which reads text and doesn't decide where the files are.
"""
