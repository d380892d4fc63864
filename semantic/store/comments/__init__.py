"""Comments on numbers, as rows: their text, their subject, and the people they mention.

Who can read a comment isn't decided here but in `semantic.annotations.comments`, under each reader's own policy.
"""
