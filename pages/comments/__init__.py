"""Comments on the numbers of boards and saved questions: how many there are, the drawer with their threads, and the
comments that mention someone.
"""
