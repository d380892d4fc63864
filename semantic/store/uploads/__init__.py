"""Uploads in the store: their owners, the decisions about them, and their versions.

The rows of an upload aren't here. `semantic.run.upload_tables` has them.
"""
