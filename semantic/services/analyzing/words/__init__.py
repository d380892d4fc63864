"""Describe each kind of analysis: a sentence, notes, text tables and JSON-ready data. `telling` lists all kinds."""
