"""Saved questions with their versions, links to questions, and each person's recent questions.

Only text in and out of the store. Whether a reader can still ask a kept question is decided in
`services.saved_questions`.
"""
