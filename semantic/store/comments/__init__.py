"""Comments on numbers, as stored rows: their text, their subject, and the people they mention.

`semantic.annotations.comments` decides who can read a comment, under each reader's own policy.
"""
