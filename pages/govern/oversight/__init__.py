"""The Oversight page: what agents do, the guidance they get, and whether questions in words are read correctly."""
