"""Messages to people and destinations: who receives them, under whose access they are written, and how they are sent.

Only `reader` decides whose access applies while no one is signed in. `composers` lists the functions that write each
kind of message, and `sending` sends messages.
"""
