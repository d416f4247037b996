"""What is typed into the pages of this app."""
