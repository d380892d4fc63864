"""Questions as frozen data: codecs, periods resolved to days, and descriptions in words.

Names are resolved against a narrowed model. Answering a question starts in `plan`.
"""
