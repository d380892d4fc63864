"""Messages to people and destinations: who receives a delivery, whose access each message has, and the two jobs that
queue and send.

`reader` is the only place that decides whose access counts while no one is signed in. `composers` lists who
writes each kind of message, and `sending` hands them over.
"""
