"""Payment: what is earned becomes held, payable and paid, as entries of a ledger that add up to zero."""
