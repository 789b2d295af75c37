"""Facebook: posts of pages, through the Graph API."""
