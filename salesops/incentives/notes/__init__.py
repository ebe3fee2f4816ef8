"""What comp plans leave out, in words."""
