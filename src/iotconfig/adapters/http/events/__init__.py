"""Server-sent events: what happens, sent to clients that stay connected.

`feed` reads the database once for all streams of a process, `stream` is one connection, and `streams` opens
and counts them. `signal` is what streams wait on.
"""
