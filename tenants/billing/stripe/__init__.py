"""Payment through Stripe: Checkout, kept cards, and what Stripe tells us afterwards.

Nothing is believed because somebody says so. The way back from Stripe's page and every event are
reasons to read the object at Stripe, and what is read decides.
"""
