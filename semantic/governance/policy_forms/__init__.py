"""A policy as a form: its parts, its sentences, and the effect of a change on people.

The text of the policy remains the source. A form reads it and writes single keys of it.
"""
