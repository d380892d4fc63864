"""Connections that administrators make in the app. Those in the server's settings aren't here."""
