"""What scripts ask for, and who they are: answers, checks and lists as data that is ready for JSON.

The HTTP door itself is `pages.server.api`.
"""
