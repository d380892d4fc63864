"""The web server around the pages: routes, limits, security headers, health, metrics and shutdown. It draws no page."""
