"""Connections: where the data and the store are, whether they respond, and the form that connects other data."""
