"""The contents of deliveries of boards and saved questions: the numbers, asked as their reader, and whether to send
them.

`boards` and `questions` are the composers. `semantic.display.messages` writes the letters, and `outbox` sends them.
"""
