"""Who asks, and what they can see: people as actors, and the model narrowed to what one of them can know.

Everything above works on the narrowed model, in which hidden things don't exist. The model contains the rules, and
`identity` signs people in.
"""
