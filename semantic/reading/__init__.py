"""Questions in words: turn text into a question over the model that one person sees, without a language model.

The text is split into words (`text`). They're matched with the names in the catalogue, members, dates and function
words (`lexicon`, `days`, `grammar`), and the cheapest set of phrases that covers the whole text is chosen (`cover`).
The phrases become the parts of a question (`draft`). The meanings of the parts give the question, a choice of several
questions, or a list of unknown words (`choosing`, `understood`). `reading` is the entry point. A content word without a
meaning is never skipped: without it, there's no question.
"""
