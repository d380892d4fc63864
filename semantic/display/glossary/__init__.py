"""The glossary as data: the terms of the model and of Samepage itself, and a search over them.

`display.export` writes it to files.
"""
