"""The two sides of Explore: the builder, and the answer beside it."""
