"""Files that people upload: bytes to a typed table, and a table to a dataset of the model.

This package is pure, with no engine, disk or store: `semantic.run.upload_tables` stores the tables,
`semantic.store.uploads` stores the records about them, and `semantic.services.uploads` carries out people's actions.
"""
