"""Search by words: everything that the search field finds, and saved questions and boards by title, metric, space and
owner.

Reading a text as a question is in `semantic.reading`.
"""
