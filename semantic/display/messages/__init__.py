"""Write messages to people: a letter of blocks as HTML, as plain text, and as a short chat message.

Start at `letter`. Callers pass in the content: services ask for the numbers, and `semantic.transport` sends the
messages.
"""
