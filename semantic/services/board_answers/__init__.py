"""A board's answers for one person, for a page, a file, a public link or a message.

Nothing here depends on a page. `semantic.display.boards` renders these answers.
"""
