"""What a business sees of its plan, prices, invoices and payments."""
