"""What LinkedIn and its accounts are called, and where and in which version it answers."""

NAME = "linkedin"
TITLE = "LinkedIn"
BASE_URL = "https://api.linkedin.com"
VERSION = "202606"
PROTOCOL_VERSION = "2.0.0"
ORGANISATION = "urn:li:organization:"
