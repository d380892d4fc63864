"""Comments on numbers: reading and writing them under each person's policy, and the emails about mentions."""
