"""What the search for unusual days asks for, and the statistics that it needs."""
