"""English: what callers say, as rules and lists for a native speaker to review. Data."""
