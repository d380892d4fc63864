"""What a question is made with: metrics, breakdowns, filters, periods and the rest, each a piece for any page.

`question` holds the question of a session; the pieces change it. Whether a step is valid is for
`semantic.explore.preflight` to say.
"""
