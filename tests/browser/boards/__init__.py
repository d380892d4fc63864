"""How people build, read, share and discuss boards."""
