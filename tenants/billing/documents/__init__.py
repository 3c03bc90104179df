"""Documents as PDF: what stands on them as plain data, and the one door to the typesetter."""
