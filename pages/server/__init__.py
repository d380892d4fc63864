"""The web server around the pages: its routes, limits, security headers, health, metrics, and a graceful end.

Nothing here draws a page.
"""
