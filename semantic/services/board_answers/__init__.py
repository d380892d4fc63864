"""A board's answers for one person, for a page, a file, a public link or a message.

Nothing here needs a page. `semantic.display.boards` shows what this returns.
"""
