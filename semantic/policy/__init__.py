"""Who asks, and what they can see: people as actors, and the model narrowed to what one of them can know.

Everything above works on the narrowed model, so what is hidden isn't there. Rules are written in the model; signing in
is in `identity`.
"""
