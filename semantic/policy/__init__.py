"""Access: people as actors, and the model narrowed to what one of them can see.

Packages that import this one work with the narrowed model, in which hidden objects don't exist. The access rules are
part of the model. The package `identity` signs people in.
"""
