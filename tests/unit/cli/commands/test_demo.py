from omnipub_cli.commands.demo import differences

CHANNELS = ["facebook", "webhook"]


def count(facebook: int, webhook: int, *, doubles: int = 0, repeats: int = 0) -> dict:
    counted = {"doubles": 0, "repeats": 0, "deleted": 0}
    return {
        "totals": {"posts": facebook + webhook, "doubles": doubles, "repeats": repeats, "deleted": 0},
        "networks": {"facebook": {"1": counted | {"posts": facebook}}, "webhook": {"s": counted | {"posts": webhook}}},
    }


def rows(status: str = "published") -> list[dict]:
    return [{"channel": channel, "what": "now", "status": status} for channel in CHANNELS]


def test_each_post_once_is_no_difference() -> None:
    assert differences(rows(), CHANNELS, count(1, 1), 1) == []


def test_what_is_not_published_is_named() -> None:
    assert differences(rows("unconfirmed"), CHANNELS, count(1, 1), 1) == [
        "now on facebook is unconfirmed, not published.",
        "now on webhook is unconfirmed, not published.",
    ]


def test_a_network_that_counted_otherwise_is_named() -> None:
    assert differences(rows(), CHANNELS, count(2, 0), 1) == [
        "facebook counted 2 posts; 1 were asked for.",
        "webhook counted 0 posts; 1 were asked for.",
    ]


def test_doubles_and_repeats_are_differences() -> None:
    assert differences(rows(), CHANNELS, count(1, 1, doubles=1, repeats=2), 1) == [
        "The networks counted 1 doubles.",
        "The networks counted 2 repeats.",
    ]
