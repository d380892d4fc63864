"""Search by words: the results of the search field, and lists of saved questions and boards.

`semantic.reading` parses a text into a question.
"""
