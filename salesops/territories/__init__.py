"""Which account belongs to which territory."""
