"""Targets listed, set and pasted."""
