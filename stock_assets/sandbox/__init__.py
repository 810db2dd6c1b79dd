"""The twin: one market behind a loopback server that speaks the vendors' own wire formats.

Belongs here: the truth (``truth/``: generated from a seed, or recorded bars that the user has),
one file per view of a vendor, the clock, the limits, the request log, the server.
Does not belong here: anything that the product needs in order to run against real vendors. Only
``cli`` imports this room; the optimal probabilities of a generated market never leave through HTTP.
"""
