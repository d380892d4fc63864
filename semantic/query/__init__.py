"""What people ask: a question as frozen data, its codecs, its periods resolved to days, and its description in words.

Names are resolved against a narrowed model. Answering a question starts in `plan`.
"""
