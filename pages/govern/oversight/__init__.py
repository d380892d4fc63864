"""The Oversight page: what agents do, what they should know, and whether questions in words are read correctly."""
