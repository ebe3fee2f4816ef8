"""Statements as people and programs read them: text, HTML, PDF, CSV and JSON, in English and French."""
