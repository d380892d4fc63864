"""Shared spaces, and who can read and change the items in them.

The same rules apply to saved questions and boards, which have their own packages.
"""
