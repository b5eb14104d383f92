"""What the press prints with: the page, its colours, the web's clothes."""
