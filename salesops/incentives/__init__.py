"""What comp plans pay: earned on credits, estimated on open opportunities."""
