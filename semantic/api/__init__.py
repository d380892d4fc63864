"""What scripts can ask for, as JSON-ready data: answers, checks and lists. This package also authenticates scripts.

The HTTP endpoints are in `pages.server.api`.
"""
