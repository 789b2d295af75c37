"""The formats of texts in JSON: moments are UTC in ISO 8601 with milliseconds, days have no zone."""

from typing import Annotated, Any


class Format:
    """The `format` that JSON Schema gives a text."""

    def __init__(self, name: str) -> None:
        """Args are its name, e.g. `date-time`."""
        self.name = name

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: Any) -> dict[str, Any]:
        """Called by pydantic: the schema of a text, with its format."""
        return {**handler(core_schema), "format": self.name}


Moment = Annotated[str, Format("date-time")]
Day = Annotated[str, Format("date")]
