"""Comments on the numbers of boards and saved questions: their counts, the drawer with their threads, and the comments
that mention someone.
"""
