"""What Telegram is called, and where its Bot API answers."""

NAME = "telegram"
TITLE = "Telegram"
BASE_URL = "https://api.telegram.org"
