"""Questions in words: text becomes a question over the model that one person sees, without a language model.

Text is cut into words (`text`); the names of the catalogue, members, days and the grammar's own words are found in it
(`lexicon`, `days`, `grammar`); the cheapest cover of the whole text is taken (`cover`); its phrases become the parts of
a question (`draft`); and from their meanings comes the question, a choice of several questions, or a list of unknown
words (`choosing`, `understood`). `reading` is the way in. A content word without a meaning is never skipped. There is
no question instead.
"""
