"""Questions in words: text becomes a question over the model that one person sees, without a language model.

Text is cut into words (`text`); the names of the catalogue, members, days and the grammar's own words are found in it
(`lexicon`, `days`, `grammar`); the cheapest cover of the whole text is taken (`cover`); and from it come the question,
the questions back, or the words that nothing is known about (`reading`). A content word without a meaning is never
skipped: then there is no question.
"""
