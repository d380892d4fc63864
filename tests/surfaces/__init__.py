"""One cell has one value and one receipt, wherever you read it."""
