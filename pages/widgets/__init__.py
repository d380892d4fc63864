"""Widgets that several areas share, such as a search field, a YAML editor, a meter and a large number.

A widget that only one area uses is in that area's folder.
"""
