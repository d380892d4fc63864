"""What scripts and agents can ask for, as JSON-ready data: answers, checks and lists. Also authenticates their tokens.

The HTTP endpoints are in `pages.server.api`.
"""
