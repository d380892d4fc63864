"""The Add data page: from a connection's tables to a draft model, its first answers and a board. Uploads have another
page.
"""
