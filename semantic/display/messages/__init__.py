"""What people receive: a letter of blocks, written as HTML, as plain text and in a few words for chats.

Start at `letter`. This package is given what a message says. Services ask for the numbers, and `semantic.transport`
hands messages over.
"""
