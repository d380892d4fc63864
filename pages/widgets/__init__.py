"""Widgets that several areas use: a field that searches, an editor for YAML, a meter, a large number, and more.

A widget that one area uses is in that area.
"""
