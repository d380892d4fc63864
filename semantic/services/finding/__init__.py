"""Finding things by words: what the one field finds, and saved questions and boards by title, metric, space and owner.

What words mean as a question is in `semantic.reading`.
"""
