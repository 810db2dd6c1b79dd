"""When work happens: jobs, schedules, sensors.

Belongs here: selections of assets by key, cron lines, and what a failed run triggers.
Does not belong here: assets themselves; they are named by key and never imported.
"""
