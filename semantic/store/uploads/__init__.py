"""What the store knows about uploads: whose they are, what was decided about them, and their versions.

The rows of an upload aren't here. `semantic.run.upload_tables` has them.
"""
