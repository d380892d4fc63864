"""Bring your own model: a language model that chooses a question if the reader finds none.

It gets the person's words and the names that they can see, never rows, and answers with one question in the format of
decision 40. The question is checked like any other from outside, and the person sees it before it runs.
"""
