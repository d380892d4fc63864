"""Search by words: everything that the search field finds, and lists of saved questions and boards.

`semantic.reading` reads a text as a question.
"""
