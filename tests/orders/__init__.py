"""Random orders as Shopify tells them, and what Heartland would be sent for each."""
