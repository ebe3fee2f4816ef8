"""Invoices and payments from CSV files: `read` says what a file holds, `resolve` whom and what it names, `save` keeps
it."""
