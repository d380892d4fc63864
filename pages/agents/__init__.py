"""Agents: connect programs that ask for you, decide what they propose, read what they did, and pause or revoke them."""
