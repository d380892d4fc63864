"""How people connect and oversee agents, and ask in conversation."""
