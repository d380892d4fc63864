"""Requests in the store: what people asked for, who wants it, and the outcome.

`semantic.services.requests` decides who can see and answer which request.
"""
