"""The page Requests: what people want, for stewards to answer, and what became of your own."""
