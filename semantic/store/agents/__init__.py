"""Agents in the store: who is connected, what they did, and what stewards decide about them."""
