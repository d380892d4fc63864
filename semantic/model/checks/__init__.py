"""Check that a model is consistent. Each problem has its file, its line and a remedy.

Each check has its own file, and `validate` runs all of them. `loading.schema` checks the structure of the files, and
`run.checks` checks the rows in the tables.
"""
