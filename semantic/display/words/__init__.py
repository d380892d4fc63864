"""Descriptions of an answer, a metric or a target, in words, for pages, files and the shell.

`display.format` writes numbers and dates. Charts have their own words.
"""
