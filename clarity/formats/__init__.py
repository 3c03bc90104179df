"""How days and times are written where no page says it itself, as in tables of the admin."""
