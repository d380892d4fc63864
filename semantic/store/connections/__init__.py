"""Connections that administrators make in the app. Those of the server's settings aren't here."""
