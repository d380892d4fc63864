"""A folder of model files on the server, such as a clone of a git repository, whose changes are offered to stewards.

This package has what is read from the folder, and what the store remembers about it. Nothing here publishes, and
nothing writes into the folder.
"""
