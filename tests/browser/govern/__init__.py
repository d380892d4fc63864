"""How stewards define, review, certify and control access."""
