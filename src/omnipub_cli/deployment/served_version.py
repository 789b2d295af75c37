"""Which version of the pages a site serves: `version.json` beside them says it."""

from omnipub.strict_json import loads
from omnipub_cli.deployment import amplify
from omnipub_cli.deployment.deploy import SITE_OUTPUT
from omnipub_cli.deployment.ports import Stack
from omnipub_cli.deployment.site import VERSION

PATIENCE = 5.0
"""Seconds for which the site may say nothing."""


def served(frontend: Stack | None) -> tuple[str, str]:
    """The version of the pages that the site of this stack serves; "" if it names none.

    The second value says the same in words.
    """
    site = frontend.outputs.get(SITE_OUTPUT, "").rstrip("/") if frontend else ""
    if not site:
        return "", "not deployed"
    _, body = amplify.fetched(f"{site}/{VERSION}", timeout=PATIENCE)
    try:
        version = str(loads(body, lenient=True)["version"])
    except (ValueError, KeyError, TypeError):
        return "", f"{site}/{VERSION} says none"
    return version, version
