"""Uploads in the store: their owners, the decisions about them, and their versions.

The rows of the uploaded tables are in `semantic.run.upload_tables`.
"""
