"""Checks of a model beyond the structure of its files. Each problem has its place and a remedy.

One file for each thing that is checked; `validate` runs them all. The shape of a file is checked in `loading.schema`;
the rows behind a model are checked in `run.checks`.
"""
