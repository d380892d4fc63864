"""Uploads in the store: their owners, the decisions about them, and their versions.

`semantic.run.upload_tables` has the rows of the uploaded tables.
"""
