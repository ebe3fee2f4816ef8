"""What measures come to at every event."""
