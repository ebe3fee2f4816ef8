"""What counts for whom, when and how much: records as credited transactions."""
