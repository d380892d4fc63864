"""What is asked: query, filters, codec, resolve, describe."""
