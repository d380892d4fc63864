"""The draft of the model, as stewards see and change it."""
