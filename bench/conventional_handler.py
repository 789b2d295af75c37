"""The function that bench/cold_start.py compares with: what most write, as the libraries' own introductions show it."""

from typing import Annotated, Any

import boto3
from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from pydantic import BaseModel, Field, ValidationError

tracer = Tracer(service="conventional")
logger = Logger(service="conventional")
app = APIGatewayHttpResolver()
table = boto3.client("dynamodb")


class Schedule(BaseModel):
    """When."""

    at: str
    zone: str | None = None
    fold: str | None = None


class Media(BaseModel):
    """An image that was uploaded before."""

    key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    alt: str = ""


class Variant(BaseModel):
    """What one channel says instead."""

    text: str | None = None
    link: str | None = None
    hashtags: list[str] | None = None


class Message(BaseModel):
    """What is asked."""

    text: Annotated[str, Field(max_length=100_000)] = ""
    channels: Annotated[list[str], Field(max_length=200)]
    schedule: Schedule | None = None
    media: list[Media] = []
    variants: dict[str, Variant] = {}


@app.post("/api/v1/messages")
@tracer.capture_method
def create() -> dict[str, Any]:
    return Message.model_validate(app.current_event.json_body).model_dump()


@app.exception_handler(ValidationError)
def invalid(error: ValidationError) -> Response[str]:
    return Response(status_code=400, content_type="application/json", body=error.json())


@logger.inject_lambda_context
@tracer.capture_lambda_handler
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
