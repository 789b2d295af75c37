"""What LinkedIn and its accounts are called, and where and in which version it answers."""

from datetime import date

NAME = "linkedin"
TITLE = "LinkedIn"
BASE_URL = "https://api.linkedin.com"
VERSION = "202606"
VERSION_ENDS = date(2027, 6, 15)
"""A version lives for a year: 202504 ended on 2026-04-15, and 202508 on 2026-08-17."""

PROTOCOL_VERSION = "2.0.0"
ORGANISATION = "urn:li:organization:"
