"""The messages of deliveries: whether to send them, and their numbers, asked as the reader.

`boards`, `questions` and `digest` contain the composers. `semantic.display.messages` formats the messages, and `outbox`
sends them.
"""
