"""Files that people upload: from bytes to a typed table, and from the table to a dataset of the model.

This package is pure, without an engine, a disk or a store. `semantic.run.upload_tables` stores the tables,
`semantic.store.uploads` the records about them, and `semantic.services.uploads` has what people can do with them.
"""
