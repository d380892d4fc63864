"""A question's way through the workspace: compile or reuse a plan, find the data's extent, run, add meaning.

Only used by the workspace and whoever follows the progress of an answer.
"""
