"""What converts weights: needs torch, so it runs in a process of its own. No Qt."""
