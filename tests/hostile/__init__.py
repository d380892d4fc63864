"""The worst of everything that comes from outside: none of it runs, nothing crashes, everything gets an answer."""
