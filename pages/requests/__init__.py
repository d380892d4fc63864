"""The page Requests: what people want, for stewards to answer, and how your own requests are going."""
