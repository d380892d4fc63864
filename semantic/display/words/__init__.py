"""Describe an answer, a metric or a target in words, for pages, files and the command line.

`display.format` writes numbers and dates. Charts have their own descriptions.
"""
