"""Requests in the store: what people asked for, who else wants it, and the outcome.

`semantic.services.requests` decides who sees which request, and who can answer it.
"""
