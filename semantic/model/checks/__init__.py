"""What must be true of a model beyond the shape of its files, each problem with its place and remedy.

One file for each thing that is checked; `validate` runs them all. The shape of a file is checked in `loading.schema`;
the rows behind a model are checked in `run.checks`.
"""
