"""What can be said about an answer, a metric or a target, in words: for pages, files and the shell alike.

Numbers and dates are written by `display.format`; charts have their own words beside them.
"""
