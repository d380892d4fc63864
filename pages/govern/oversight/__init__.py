"""The page Oversight: what agents do, what they should know, and whether questions in words are read correctly."""
