"""The web server around the pages: routes, limits, security headers, health, metrics, shutdown. It draws no page."""
