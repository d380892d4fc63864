"""Bring your own model: a language model that suggests a question if Samepage's reader finds none.

The model gets the person's words and the names that they can see, never rows. It responds with one question in the
format of decision 40. The question is checked like any input, and the person sees it before it runs.
"""
