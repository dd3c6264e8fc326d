"""Prompts: what they are made of, where they are kept, how they are played."""
