"""Shared spaces, and who reads and changes what is kept in them.

The rule is one for saved questions and boards alike; what those are is in their own folders.
"""
