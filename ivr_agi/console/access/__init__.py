"""Who may use the page, and what they may do there."""
