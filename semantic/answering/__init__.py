"""One question on its way through the workspace: compiled before or not, how far the data goes, run, given its meaning.

Only the workspace and those who watch an answer arrive use it.
"""
