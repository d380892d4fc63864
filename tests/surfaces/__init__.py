"""One cell has one value and one receipt, wherever it is read."""
