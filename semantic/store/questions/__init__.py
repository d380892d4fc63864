"""Saved questions with their versions, links to questions, and what each person asked last.

Text in and out of the store. Whether a reader can still ask a kept question is for `services.saved_questions` to say.
"""
