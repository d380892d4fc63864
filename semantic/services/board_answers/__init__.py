"""A board's answers for one person, on a page, in a file, on a public link or in a message.

Nothing here needs a page. `semantic.display.boards` shows what this returns.
"""
