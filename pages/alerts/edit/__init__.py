"""The form for a new or existing alert: what it watches, when it fires, who gets it, and how often it would
have fired.
"""
