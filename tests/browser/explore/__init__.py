"""How people ask questions, and read, save and export answers."""
