"""A policy as a form: its parts, its sentences, and what a change of it means for people.

The text of the policy remains the source. A form reads it and writes single keys of it.
"""
