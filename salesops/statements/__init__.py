"""Statements: what a payee is told of a pay period, made of a calculation's tables and never of anything newer."""
