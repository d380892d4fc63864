"""A folder of model files on the server, such as a clone of a git repository, whose changes are offered to stewards.

This package reads the folder, and records in the store what it found. It doesn't publish, and doesn't write into the
folder.
"""
