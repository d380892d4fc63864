"""The charts of each kind of analysis, as descriptions that pages, files and text can render.

`telling` lists them all.
"""
