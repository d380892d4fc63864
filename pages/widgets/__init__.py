"""Widgets shared by several areas: a search field, an editor for YAML, a meter, a large number, and more.

A widget that only one area uses is in that area.
"""
