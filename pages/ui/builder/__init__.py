"""What a question is made with: metrics, breakdowns, filters, periods and the rest, each a piece for any page."""
