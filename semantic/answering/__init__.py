"""How the workspace answers a question: compile it or reuse a plan, find the data's extent, run the SQL, and describe
the rows.

Only used by the workspace and whoever follows the progress of an answer.
"""
