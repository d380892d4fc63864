"""What scripts and agents can ask for, as JSON-ready data: answers, checks and lists. Also verifies their tokens.

`pages.server.api` has the HTTP endpoints.
"""
