"""Saved questions with their versions, links to questions, each person's recent questions, and their conversations.

This package only reads and writes texts in the store. `services.saved_questions` decides whether a reader can ask a
saved question.
"""
