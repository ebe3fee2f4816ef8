"""Targets by user and period, and how much of them is reached."""
