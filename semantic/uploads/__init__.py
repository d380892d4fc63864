"""Files that people upload: bytes to a typed table, and a table to a dataset of the model.

This package is pure. It has no engine, disk or store: `semantic.run.upload_tables` keeps the tables,
`semantic.store.uploads` the rows about them, and `semantic.services.uploads` carries out people's actions.
"""
