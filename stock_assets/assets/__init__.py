"""The assets: thin sentences, in the order in which data flows.

Belongs here: from what, with what, into what; and what people look at in the metadata.
Does not belong here: any thought that needs a branch or a loop (ingest/, learning/, warehouse/).
"""
