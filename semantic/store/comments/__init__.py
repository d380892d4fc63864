"""Comments on numbers, as rows: their text, their subject, and the people they mention.

`semantic.annotations.comments` decides who can read a comment, under each reader's own policy.
"""
