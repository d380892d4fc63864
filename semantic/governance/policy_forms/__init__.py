"""A policy as a form: its parts, its sentences, and how a change affects people.

The policy's YAML remains the source. The form reads it and changes single keys.
"""
