"""What Bluesky is called, where it answers, and the collection of an account's posts."""

import re

NAME = "bluesky"
TITLE = "Bluesky"
BASE_URL = "https://bsky.social"
POSTS = "app.bsky.feed.post"
DID = re.compile(r"did:[a-z]{1,32}:[A-Za-z0-9._:%-]{1,256}")
