"""What scripts can ask for, as JSON-ready data: answers, checks and lists. Also authenticates them.

The HTTP endpoints are in `pages.server.api`.
"""
