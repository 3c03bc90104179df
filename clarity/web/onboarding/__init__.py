"""From a new tenant to a live pair: the sandbox in one click, and the wizard."""
