"""Descriptions of an answer, a metric or a target, in words: for pages, files and the shell.

Numbers and dates are written by `display.format`; charts have their own words.
"""
