"""Tells other systems what happens in calls, by signed HTTP requests; run by the console."""
