"""Metric definitions compiled to expressions over the facts."""
