"""What Bluesky is called, where it answers, and the collection of an account's posts."""

NAME = "bluesky"
TITLE = "Bluesky"
BASE_URL = "https://bsky.social"
POSTS = "app.bsky.feed.post"
