"""Browser tests of agents: how people connect and oversee them, and ask in conversation."""
