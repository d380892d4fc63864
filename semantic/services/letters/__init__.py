"""What deliveries of boards and saved questions say: the numbers, asked as their reader, and whether they're sent.

`boards` and `questions` are the composers. `semantic.display.messages` writes the letters, and `outbox` sends them.
"""
