"""Comments on numbers, as rows: what people wrote, what it is about, and who it mentions.

Who can read a comment isn't decided here but in `semantic.annotations.comments`, under each reader's own policy.
"""
