"""The events of payees in their order, and the fold that earns on each."""
