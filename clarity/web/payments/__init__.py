"""Paying invoices through Stripe, and the card its owner lets us charge."""
