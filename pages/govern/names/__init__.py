"""The Campaign names page: names that don't follow their rule, and mapping them. The rules are definitions of the
model.
"""
