"""Photos in and out, and the finishing of pictures. No Qt."""
