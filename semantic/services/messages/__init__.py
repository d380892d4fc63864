"""The messages of deliveries: their numbers, asked as the reader, and whether to send them at all.

`boards`, `questions` and `digest` have the composers. `semantic.display.messages` formats the messages, and `outbox`
sends them.
"""
