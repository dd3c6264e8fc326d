"""Reports: numbers, the page, time lines in words."""
