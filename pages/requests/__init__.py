"""The Requests page: people's requests, for stewards to answer, and the state of your own."""
