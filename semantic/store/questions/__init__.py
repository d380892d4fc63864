"""Saved questions with their versions, links to questions, and each person's recent questions.

This package only reads and writes text in the store. `services.saved_questions` decides whether a reader can still ask
a saved question.
"""
