"""Weights of recognisers: which are known, where they are, how they come."""
