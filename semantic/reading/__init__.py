"""Questions in words: turn text into a question over the model that one person sees, without a language model.

The text is split into words (`text`). The words are matched with names in the catalogue, members, dates and function
words (`lexicon`, `days`, `grammar`). The cheapest set of phrases that covers the whole text is chosen (`cover`). The
phrases become the parts of a question (`draft`). The result is a question, a choice of several questions, or a list of
unknown words (`choosing`, `understood`). `reading` is the entry point. A content word without a meaning is never
skipped: the text then gives no question.
"""
