"""Boards: their text, their state, and what their tiles ask."""
