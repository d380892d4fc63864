"""The Requests page: people's requests, which stewards answer, and the state of your own."""
