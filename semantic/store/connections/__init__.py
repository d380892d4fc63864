"""Connections that administrators add in the app. The server's settings can have others."""
