"""Asset checks: what must be true of a table before anything is built on it.

Belongs here: shape and bounds of what Python writes (Great Expectations), completeness and
freshness against the calendar. Same file names as in assets/.
Does not belong here: relations between rows (dbt tests), rules that put single rows aside while
they are written (tables/ and lake/).
"""
