"""Agents in the store: which are connected for which person, how much they have used, and what they propose."""
