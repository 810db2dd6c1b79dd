"""From a vendor's answers to the lake: what is missing, who is asked, what became of it.

Belongs here: the orchestration that needs both vendors and lake, free of Dagster: which keys are
missing, which requests fetch them, how one failing symbol is kept from stopping the others, and
which gaps are recorded.
Does not belong here: wire formats (vendors/), storage (lake/), partitions and metadata (assets/).
"""
