"""Values and contracts that every other room shares. No Qt, no torch, no files opened."""
