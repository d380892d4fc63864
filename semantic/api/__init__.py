"""What scripts can ask for, and authenticating them: answers, checks and lists as JSON-ready data.

The HTTP endpoints are in `pages.server.api`.
"""
