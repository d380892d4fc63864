"""Connections: where the data and the store are, whether they respond, and what's wrong."""
