"""How the workspace answers a question: compile it or reuse a plan, find the data's extent, run the SQL, and describe
the rows, their members and the changes of definitions within their days.

This package is only used by the workspace and by code that follows the progress of an answer.
"""
