"""Messages to people and destinations: who receives a delivery, as whom each message is prepared, and the two jobs that
queue and send.

`reader` is the one place that decides as whom something is prepared while no one is signed in. `composers` lists who
writes each kind of message, and `sending` hands them over.
"""
