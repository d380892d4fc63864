"""One cell has one value and one receipt on every surface."""
