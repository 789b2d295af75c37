"""What Facebook is called, and where and in which version its Graph API answers."""

NAME = "facebook"
TITLE = "Facebook"
BASE_URL = "https://graph.facebook.com"
VERSION = "v26.0"
HOST = "facebook.com"
