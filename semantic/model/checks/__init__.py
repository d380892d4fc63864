"""Checks of a model beyond the structure of its files. Each problem has its place and a remedy.

Each check has its own file, and `validate` runs all of them. The structure of a file is checked in `loading.schema`,
and the rows behind a model in `run.checks`.
"""
