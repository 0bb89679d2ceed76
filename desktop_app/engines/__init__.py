"""What turns photos into pictures. No Qt."""
