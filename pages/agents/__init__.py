"""Agents: connect programs that ask for you, agree to a provider's program, and pause or revoke them."""
