"""What would be earned if more were credited, and how much more something takes."""
