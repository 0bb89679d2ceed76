"""Views that show values and say what the artist wants. They know nothing else."""
