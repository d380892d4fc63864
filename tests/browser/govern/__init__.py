"""Browser tests of governance: stewards define, review and certify, and control access."""
