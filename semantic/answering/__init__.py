"""How the workspace answers a question.

It compiles the question or reuses a plan, finds the data's extent, runs the SQL, and describes the rows, their members
and the changes of definitions within their days.

This package is only used by the workspace and by code that follows the progress of an answer.
"""
