"""What must be there before a move of this app, each guard in plain words."""
