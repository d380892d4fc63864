"""Answer a question in the workspace.

This package compiles the question or reuses a plan, and finds the data's extent. It then runs the SQL and adds labels,
notes and definition changes to the rows. Only the workspace and code that follows the progress of an answer use it.
"""
