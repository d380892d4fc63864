"""Shared spaces, and who can read and change their content.

The rules are the same for saved questions and boards, which have their own folders.
"""
