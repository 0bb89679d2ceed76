"""The thread that develops pictures and those that read photos."""
