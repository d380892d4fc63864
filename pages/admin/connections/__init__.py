"""Connections: where the data and the store are, how they answer, what is wrong with them."""
