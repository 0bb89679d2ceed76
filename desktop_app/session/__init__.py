"""What the artist has done: photos, runs, history."""
