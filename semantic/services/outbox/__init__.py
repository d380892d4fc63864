"""Messages to people and destinations: who receives them, whose access each has, and the jobs that send them.

`reader` is the only place that decides whose access counts while no one is signed in. `composers` lists who
writes each kind of message, and `sending` hands them over.
"""
