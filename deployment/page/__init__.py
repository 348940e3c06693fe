"""The Space's page: one module per tab, and the HTML that they show."""
