"""A folder of model files on the server, such as a clone of a git repository, whose changes are offered to stewards.

What is read of the folder belongs here, and what the store remembers of it. Nothing here publishes, and nothing writes
into the folder.
"""
