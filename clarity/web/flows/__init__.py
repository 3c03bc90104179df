"""What a pair carries, and switching it on and off."""
