"""A folder of model files on the server, such as a clone of a git repository, whose changes are offered to stewards.

This package reads the folder, and has the store's record of it. Nothing here publishes, and nothing writes into the
folder.
"""
