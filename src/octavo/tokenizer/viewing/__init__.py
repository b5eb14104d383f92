"""A text as a tokenizer sees it: `tokens` to print, `page` to open."""
