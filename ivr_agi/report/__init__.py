"""What happened in many calls: numbers, and a page that shows them with their definitions."""
