"""Access: people as actors, and the model narrowed to what one of them can see.

Everything above works on the narrowed model, in which hidden objects don't exist. The model contains the rules, and
`identity` signs people in.
"""
