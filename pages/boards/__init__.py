"""The list of boards, and the ways to create one. `read` has the pages for viewing a board, and `edit` the pages for
editing one.
"""
