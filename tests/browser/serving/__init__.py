"""Sign-in, people and tokens, and servers under everything that can go wrong."""
