"""Bringing omnipub to AWS and looking after it there: what is decided stands apart from what touches AWS."""
