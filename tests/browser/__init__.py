"""The app as people use it: a server started as people start it, and a real browser."""
