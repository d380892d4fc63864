"""What is asked: a question as frozen data, its codecs, its periods resolved to days, and its description in words.

Names are resolved against a narrowed model; answering a question starts in `plan`.
"""
