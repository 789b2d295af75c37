import pytest

from omnipub.channels.drafting import text_with_link
from omnipub.domain.message import Content, MediaReference

IMAGE = MediaReference(key="aa" * 32, content_type="image/png", size=1)


@pytest.mark.parametrize(
    ("text", "link", "shown"),
    [
        ("Look", "https://a.example/x", "Look\n\nhttps://a.example/x"),
        ("", "https://a.example/x", "https://a.example/x"),
        ("Look (https://a.example/x).", "https://a.example/x", "Look (https://a.example/x)."),
        ("Look https://a.example/xyz", "https://a.example/x", "Look https://a.example/xyz\n\nhttps://a.example/x"),
        ("Look", "", "Look"),
    ],
)
def test_beside_images_a_link_stands_under_the_text_once(text: str, link: str, shown: str) -> None:
    assert text_with_link(Content(text=text, link=link, media=(IMAGE,))) == shown


def test_without_images_the_text_is_left_alone() -> None:
    assert text_with_link(Content(text="Look", link="https://a.example/x")) == "Look"


def test_the_link_stands_under_the_hashtags() -> None:
    content = Content(text="Look", hashtags=("aws",), link="https://a.example/x", media=(IMAGE,))
    assert text_with_link(content) == "Look\n\n#aws\n\nhttps://a.example/x"
