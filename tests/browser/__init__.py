"""The app as people meet it: a server started as they start it, and a real browser."""
