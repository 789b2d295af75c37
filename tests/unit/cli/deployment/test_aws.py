"""The adapters of deployments over botocore's own clients: what they ask is valid, what they hear is understood.

A stubbed client checks every request against AWS' model of it and answers what the test says.
"""

import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber

from omnipub.errors import ConfigurationError, ConflictError, InvalidInputError, NotFoundError, OmnipubError
from omnipub_cli.deployment.account_facts import AwsAccountFacts
from omnipub_cli.deployment.amplify import AwsSite
from omnipub_cli.deployment.aws_clients import OperatorSession, translated_errors
from omnipub_cli.deployment.buckets import Objects
from omnipub_cli.deployment.change_impact import KEPT
from omnipub_cli.deployment.cloudformation import CloudFormation
from omnipub_cli.deployment.errors import DeploymentFailedError
from omnipub_cli.deployment.lambda_functions import Functions
from omnipub_cli.deployment.log_lines import LogLines
from omnipub_cli.deployment.ports import Resource, Stack
from omnipub_cli.deployment.retained import IDENTIFIERS, to_import
from omnipub_cli.deployment.s3_folder import Folder
from omnipub_cli.deployment.users import UserPool
from support.described import aws

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ARN = "arn:aws:cloudformation:us-east-1:123456789012:stack/x/1"
Stubbed = Callable[[str], tuple[Any, Stubber]]


@pytest.fixture
def stubbed(aws_account: None) -> Iterator[Stubbed]:  # noqa: ARG001  nobody's credentials
    stubs: list[Stubber] = []

    def make(service: str) -> tuple[Any, Stubber]:
        client = aws().create_client(service, region_name="us-east-1")
        stub = Stubber(client)
        stub.activate()
        stubs.append(stub)
        return client, stub

    yield make
    for stub in stubs:
        stub.assert_no_pending_responses()


def stack(**more: Any) -> dict[str, Any]:
    return {
        "Stacks": [{"StackName": "x", "StackId": ARN, "StackStatus": "UPDATE_COMPLETE", "CreationTime": AT, **more}]
    }


def test_a_stack_is_read(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    told = stack(
        Outputs=[{"OutputKey": "Site", "OutputValue": "https://x"}],
        Parameters=[{"ParameterKey": "BootstrapVersion", "ParameterValue": "/x"}],
        Tags=[{"Key": "stage", "Value": "dev"}],
        RoleARN="arn:aws:iam::123456789012:role/cfn-exec-role",
        EnableTerminationProtection=True,
        DriftInformation={"StackDriftStatus": "DRIFTED"},
        LastUpdatedTime=AT + timedelta(hours=1),
    )
    stub.add_response("describe_stacks", told, {"StackName": "x"})
    found = CloudFormation(client).find("x")
    assert found is not None
    assert (found.outputs, found.parameters, found.drift) == ({"Site": "https://x"}, ["BootstrapVersion"], "DRIFTED")
    assert found.protected
    assert found.changed_at == AT + timedelta(hours=1)


def test_a_stack_and_a_change_set_that_are_not_there_are_none(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    stub.add_client_error("describe_stacks", "ValidationError", "Stack with id x does not exist", 400)
    stub.add_client_error("describe_change_set", "ChangeSetNotFound", "ChangeSet [omnipub] does not exist", 404)
    stub.add_client_error("delete_change_set", "ValidationError", "Stack [x] does not exist", 400)
    stub.add_client_error("describe_stack_events", "ValidationError", "Stack [x] does not exist", 400)
    over = CloudFormation(client)
    assert over.find("x") is None
    assert over.change_set("x", "omnipub") is None
    over.forget("x", "omnipub")
    assert over.events("x", since=AT) == []


def test_all_pages_of_a_change_set_are_read(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    one = {"Type": "Resource", "ResourceChange": {"Action": "Add", "LogicalResourceId": "A", "ResourceType": "T"}}
    asked_for = {"StackName": "x", "ChangeSetName": "omnipub"}
    first = {"Status": "CREATE_COMPLETE", "Changes": [one], "NextToken": "n"}
    stub.add_response("describe_change_set", first, asked_for)
    stub.add_response(
        "describe_change_set", {"Status": "CREATE_COMPLETE", "Changes": [one]}, {**asked_for, "NextToken": "n"}
    )
    found = CloudFormation(client).change_set("x", "omnipub")
    assert found is not None
    assert len(found.changes) == 2


def event(number: int, minutes: int) -> dict[str, Any]:
    return {"StackId": ARN, "EventId": str(number), "StackName": "x", "Timestamp": AT + timedelta(minutes=minutes)}


def test_events_come_oldest_first_and_older_pages_are_not_read(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    stub.add_response("describe_stack_events", {"StackEvents": [event(3, 3), event(2, 2)], "NextToken": "n"})
    stub.add_response("describe_stack_events", {"StackEvents": [event(1, 1), event(0, -1)], "NextToken": "more"})
    found = CloudFormation(client).events("x", since=AT)
    assert [one.id for one in found] == ["1", "2", "3"]


@pytest.mark.parametrize("long", [False, True])
def test_a_long_template_is_fetched_from_its_bucket_and_a_short_one_is_sent(stubbed: Stubbed, *, long: bool) -> None:
    client, stub = stubbed("cloudformation")
    template = json.dumps({"Description": "x" * (60_000 if long else 10)})
    where = {"TemplateURL": "https://bucket/x"} if long else {"TemplateBody": template}
    stub.add_response(
        "create_change_set",
        {},
        {
            "StackName": "x",
            "ChangeSetName": "omnipub",
            "ChangeSetType": "UPDATE",
            "Capabilities": ANY,
            "Parameters": [{"ParameterKey": "BootstrapVersion", "UsePreviousValue": True}],
            "Tags": [{"Key": "stage", "Value": "dev"}],
            "RoleARN": "arn:aws:iam::123456789012:role/cfn-exec-role",
            **where,
        },
    )
    one = Stack(
        name="x",
        status="UPDATE_COMPLETE",
        role="arn:aws:iam::123456789012:role/cfn-exec-role",
        parameters=["BootstrapVersion"],
        tags=[{"Key": "stage", "Value": "dev"}],
    )
    CloudFormation(client).create(one, "omnipub", template=template, address="https://bucket/x")


def test_what_is_there_is_brought_into_a_new_stack(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    kinds = {"UserPoolId": "Cognito::UserPool", "TableName": "DynamoDB::Table", "KeyId": "KMS::Key"}
    kinds |= {"Name": "Kinesis::Stream", "BucketName": "S3::Bucket"}
    left = [Resource(logical=f"L{name}", physical=f"p-{name}", kind=f"AWS::{kind}") for name, kind in kinds.items()]
    stub.add_response(
        "create_change_set",
        {},
        {
            "StackName": "x",
            "ChangeSetName": "omnipub",
            "ChangeSetType": "IMPORT",
            "TemplateBody": "{}",
            "ResourcesToImport": [
                {
                    "ResourceType": f"AWS::{kind}",
                    "LogicalResourceId": f"L{name}",
                    "ResourceIdentifier": {name: f"p-{name}"},
                }
                for name, kind in kinds.items()
            ],
        },
    )
    assert set(IDENTIFIERS) | {"AWS::DynamoDB::GlobalTable"} == set(KEPT), "whatever may stay can be taken back"
    CloudFormation(client).bring_in("x", "omnipub", template="{}", resources=to_import(left))


def test_changes_are_begun_with_a_token_by_which_they_are_known_again(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    stub.add_response(
        "execute_change_set", {}, {"StackName": "x", "ChangeSetName": "omnipub", "ClientRequestToken": "omnipub-1"}
    )
    stub.add_response("delete_stack", {}, {"StackName": "x", "ClientRequestToken": "omnipub-2"})
    stub.add_response("update_termination_protection", {}, {"StackName": "x", "EnableTerminationProtection": False})
    stub.add_response("detect_stack_drift", {"StackDriftDetectionId": "d"}, {"StackName": "x"})
    over = CloudFormation(client)
    over.execute("x", "omnipub", token="omnipub-1")
    over.delete("x", token="omnipub-2")
    over.unprotect("x")
    assert over.detect_drift("x") == "d"


def test_a_change_set_whose_place_another_one_took_is_not_executed(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    stub.add_client_error("execute_change_set", "ChangeSetNotFound", "ChangeSet [arn] does not exist", 404)
    with pytest.raises(ConflictError, match="Another deployment of x was begun meanwhile") as taken:
        CloudFormation(client).execute("x", "arn", token="omnipub-1")
    assert "omnipub status" in taken.value.hint


def test_a_comparison_is_followed_and_its_pages_are_read_to_the_last(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    told = {"StackId": ARN, "StackDriftDetectionId": "d", "Timestamp": AT}
    stub.add_response(
        "describe_stack_drift_detection_status",
        told | {"DetectionStatus": "DETECTION_FAILED", "DetectionStatusReason": "No."},
        {"StackDriftDetectionId": "d"},
    )
    row = {"StackId": ARN, "ResourceType": "T", "Timestamp": AT}
    difference = {"ExpectedValue": "1", "ActualValue": "2", "DifferenceType": "NOT_EQUAL", "PropertyPath": "/A/0"}
    rows = [
        {"LogicalResourceId": "A", "StackResourceDriftStatus": "DELETED", **row},
        {
            "LogicalResourceId": "B",
            "StackResourceDriftStatus": "MODIFIED",
            "PhysicalResourceId": "b",
            "PropertyDifferences": [difference],
            **row,
        },
    ]
    asked_for = {"StackName": "x", "StackResourceDriftStatusFilters": ["MODIFIED", "DELETED"]}
    stub.add_response("describe_stack_resource_drifts", {"StackResourceDrifts": rows[:1], "NextToken": "n"}, asked_for)
    stub.add_response(
        "describe_stack_resource_drifts", {"StackResourceDrifts": rows[1:]}, asked_for | {"NextToken": "n"}
    )
    over = CloudFormation(client)
    assert over.comparison("d") == ("DETECTION_FAILED", "No.")
    found = over.drifted("x")
    assert [(one.logical, one.physical, one.how, one.because) for one in found] == [
        ("A", "", "DELETED", []),
        ("B", "b", "MODIFIED", ["/A/0"]),
    ]


def test_a_template_comes_as_text_and_what_is_gone_is_no_resource(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    stub.add_response(
        "get_template", {"TemplateBody": '{"Resources": {}}'}, {"StackName": "x", "TemplateStage": "Original"}
    )
    summary = {"ResourceType": "T", "LastUpdatedTimestamp": AT}
    rows = [
        {"LogicalResourceId": "A", "PhysicalResourceId": "a", "ResourceStatus": "CREATE_COMPLETE", **summary},
        {"LogicalResourceId": "B", "PhysicalResourceId": "b", "ResourceStatus": "DELETE_COMPLETE", **summary},
    ]
    stub.add_response("list_stack_resources", {"StackResourceSummaries": rows})
    over = CloudFormation(client)
    assert over.template("x") == '{"Resources": {}}'
    assert [one.physical for one in over.resources("x")] == ["a"]


@pytest.mark.parametrize(
    ("code", "message", "kind", "sentence", "command"),
    [
        (
            "ExpiredToken",
            "The security token included in the request is expired",
            ConfigurationError,
            "have expired",
            "aws sso login",
        ),
        (
            "InvalidClientTokenId",
            "The security token is invalid.",
            ConfigurationError,
            "does not accept",
            "aws configure",
        ),
        ("AccessDenied", "User is not authorized", ConfigurationError, "does not allow this", "permission"),
        ("Throttling", "Rate exceeded", OmnipubError, "did not take the request", "again"),
        (
            "ValidationError",
            "Stack:x is in UPDATE_IN_PROGRESS state and can not be updated.",
            ConflictError,
            "busy with that already",
            "omnipub status",
        ),
        (
            "InsufficientCapabilities",
            "Requires CAPABILITY_IAM",
            DeploymentFailedError,
            "refused: Requires",
            "OMNIPUB_DEBUG",
        ),
    ],
)
def test_what_aws_refuses_becomes_a_sentence_and_what_to_type(
    stubbed: Stubbed, code: str, message: str, kind: type[OmnipubError], sentence: str, command: str
) -> None:
    client, stub = stubbed("cloudformation")
    stub.add_client_error("execute_change_set", code, message, 400)
    with pytest.raises(kind) as refused:
        CloudFormation(client).execute("x", "omnipub", token="t-1")
    assert sentence in refused.value.message
    assert command in refused.value.hint


def test_a_name_that_is_no_region_is_refused(aws_account: None) -> None:  # noqa: ARG001  likewise
    with pytest.raises(ConfigurationError, match="'eu west' is no name of a region"):
        OperatorSession().client("cloudformation", "eu west")


def test_a_region_that_does_not_answer_is_told() -> None:
    with pytest.raises(OmnipubError, match="CloudFormation does not answer"), translated_errors("CloudFormation"):
        raise EndpointConnectionError(endpoint_url="https://cloudformation.eu-mars-1.amazonaws.com")


def test_records_are_written_read_and_listed_newest_first(stubbed: Stubbed) -> None:
    client, stub = stubbed("s3")
    stub.add_response("put_object", {}, {"Bucket": "b", "Key": "omnipub/dev/1.json", "Body": b"{}"})
    body = StreamingBody(io.BytesIO(b"{}"), 2)
    stub.add_response("get_object", {"Body": body}, {"Bucket": "b", "Key": "omnipub/dev/1.json"})
    listed = {"Contents": [{"Key": f"omnipub/dev/{one}.json"} for one in (1, 2, 3)]}
    stub.add_response("list_objects_v2", listed, {"Bucket": "b", "Prefix": "omnipub/dev/", "Delimiter": "/"})
    shelf = Folder(client, bucket="b", prefix="omnipub/dev/", region="eu-central-1")
    assert shelf.put("1.json", "{}") == "https://b.s3.eu-central-1.amazonaws.com/omnipub/dev/1.json"
    assert shelf.get("1.json") == "{}"
    assert shelf.newest(2) == ["3.json", "2.json"]


def test_an_object_is_swapped_only_on_its_tag_and_its_age_is_by_s3s_own_clock(stubbed: Stubbed) -> None:
    client, stub = stubbed("s3")
    shelf = Folder(client, bucket="b", prefix="omnipub/dev/", region="eu-central-1")
    where = {"Bucket": "b", "Key": "omnipub/dev/lock"}
    stub.add_client_error("get_object", "NoSuchKey", "The specified key does not exist.", 404)
    stub.add_response("put_object", {"ETag": '"1"'}, {**where, "Body": b"mine", "IfNoneMatch": "*"})
    stub.add_client_error("put_object", "PreconditionFailed", "At least one did not hold", 412)
    stub.add_client_error("put_object", "ConditionalRequestConflict", "Somebody writes it right now", 409)
    stub.add_response("put_object", {"ETag": '"2"'}, {**where, "Body": b"mine", "IfMatch": '"1"'})
    assert shelf.held("lock") is None
    assert shelf.swap("lock", "mine", tag="") == '"1"'
    assert shelf.swap("lock", "mine", tag='"0"') is None
    assert shelf.swap("lock", "mine", tag='"0"') is None
    assert shelf.swap("lock", "mine", tag='"1"') == '"2"'
    told = {
        "Body": StreamingBody(io.BytesIO(b"mine"), 4),
        "ETag": '"2"',
        "LastModified": AT,
        "ResponseMetadata": {"HTTPHeaders": {"date": "Mon, 23 Nov 2026 12:01:30 GMT"}},
    }
    stub.add_response("get_object", told, where)
    found = shelf.held("lock")
    assert found is not None
    assert (found.body, found.tag, found.age) == ("mine", '"2"', 90)


def test_what_stands_in_an_account_already_is_asked_of_each_service(stubbed: Stubbed) -> None:
    clients = {name: stubbed(name) for name in ("guardduty", "securityhub", "config", "lambda", "logs")}
    facts = AwsAccountFacts(lambda service: clients[service][0])
    clients["guardduty"][1].add_response("list_detectors", {"DetectorIds": ["d-1"]}, {})
    clients["securityhub"][1].add_client_error("describe_hub", "InvalidAccessException", "not subscribed", 401)
    clients["securityhub"][1].add_response("describe_hub", {"HubArn": "arn:hub"}, {})
    clients["securityhub"][1].add_client_error("describe_hub", "AccessDeniedException", "not yours", 403)
    told = {"ConfigurationRecorders": [{"name": "default"}]}
    clients["config"][1].add_response("describe_configuration_recorders", told, {})
    clients["lambda"][1].add_response("get_account_settings", {"AccountLimit": {"ConcurrentExecutions": 10}}, {})
    clients["logs"][1].add_response("describe_resource_policies", {"resourcePolicies": [{"policyName": "p"}]}, {})
    assert (facts.detectors(), facts.hubs(), facts.hubs()) == (["d-1"], [], ["arn:hub"])
    with pytest.raises(OmnipubError):
        facts.hubs()
    assert (facts.recorders(), facts.concurrency(), facts.log_policies()) == (["default"], 10, ["p"])


def test_a_bucket_is_emptied_of_every_version(stubbed: Stubbed) -> None:
    client, stub = stubbed("s3")
    page = {"Versions": [{"Key": "a", "VersionId": "1"}], "DeleteMarkers": [{"Key": "a", "VersionId": "2"}]}
    stub.add_response("list_object_versions", page, {"Bucket": "b", "MaxKeys": 1000})
    both = [{"Key": "a", "VersionId": "1"}, {"Key": "a", "VersionId": "2"}]
    asked_for = {"Bucket": "b", "Delete": {"Objects": both, "Quiet": True}}
    stub.add_response("delete_objects", {}, asked_for)
    assert Objects(client).empty("b") == 2


def test_pages_are_uploaded_where_amplify_said_and_then_started(
    stubbed: Stubbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    amplify, stub = stubbed("amplify")
    cloudfront, edge = stubbed("cloudfront")
    put: list[tuple[str, bytes]] = []
    monkeypatch.setattr("omnipub_cli.deployment.amplify._put", lambda address, data: put.append((address, data)))
    created = {"jobId": "7", "fileUploadUrls": {}, "zipUploadUrl": "https://upload/secret"}
    branch = {"appId": "d1", "branchName": "live"}
    stub.add_response("create_deployment", created, branch)
    summary = {"jobArn": "a", "jobId": "7", "commitId": "c", "commitMessage": "m", "commitTime": AT, "startTime": AT}
    summary |= {"status": "RUNNING", "jobType": "MANUAL"}
    stub.add_response("start_deployment", {"jobSummary": summary}, {**branch, "jobId": "7"})
    stub.add_response("get_job", {"job": {"summary": summary, "steps": []}}, {**branch, "jobId": "7"})
    batch = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": "t"}
    edge.add_response("create_invalidation", {}, {"DistributionId": "E1", "InvalidationBatch": batch})
    site = AwsSite(amplify, cloudfront)
    assert site.deploy(app="d1", branch="live", archive=b"zip") == "7"
    assert site.job(app="d1", branch="live", job="7") == "RUNNING"
    site.invalidate("E1", token="t")
    assert put == [("https://upload/secret", b"zip")]


def test_an_upload_that_fails_does_not_repeat_its_address(stubbed: Stubbed) -> None:
    amplify, stub = stubbed("amplify")
    cloudfront, _ = stubbed("cloudfront")
    created = {"jobId": "7", "fileUploadUrls": {}, "zipUploadUrl": "http://127.0.0.1:9/?X-Amz-Signature=secret"}
    stub.add_response("create_deployment", created)
    with pytest.raises(DeploymentFailedError, match="could not be uploaded") as failed:
        AwsSite(amplify, cloudfront).deploy(app="d1", branch="live", archive=b"zip")
    assert "secret" not in f"{failed.value.message}{failed.value.hint}"


def test_a_functions_log_group_is_lambdas_word(stubbed: Stubbed) -> None:
    client, stub = stubbed("lambda")
    stub.add_response("get_function_configuration", {"LoggingConfig": {"LogGroup": "g"}}, {"FunctionName": "f"})
    stub.add_client_error("get_function_configuration", "ResourceNotFoundException", "Function not found", 404)
    over = Functions(client)
    assert over.log_group("f") == "g"
    with pytest.raises(ConfigurationError, match="The function f does not exist"):
        over.log_group("f")


def test_lines_are_read_page_by_page_and_understood(stubbed: Stubbed) -> None:
    client, stub = stubbed("logs")
    line = json.dumps({"level": "INFO", "message": "tick", "due": 3, "service": "omnipub"})
    moment = int(AT.timestamp() * 1000)
    asked_for = {"logGroupName": "g", "startTime": moment, "filterPattern": "tick"}
    first = {"events": [{"eventId": "2", "timestamp": moment + 5, "message": line}], "nextToken": "n"}
    second = {"events": [{"eventId": "1", "timestamp": moment + 1, "message": "START RequestId: 1\n"}]}
    for _ in range(2):
        stub.add_response("filter_log_events", first, asked_for)
        stub.add_response("filter_log_events", second, {**asked_for, "nextToken": "n"})
    lines = LogLines(client)
    start, tick = lines.of("scheduler", "g", since=AT, pattern="tick", most=10)
    assert (start.message, start.level, dict(start.details)) == ("START RequestId: 1", "", {})
    assert (tick.message, tick.level, dict(tick.details)) == ("tick", "INFO", {"due": "3"})
    assert [one.id for one in lines.of("scheduler", "g", since=AT, pattern="tick", most=1)] == ["2"]


def test_an_exception_that_lambda_logs_is_told_like_a_line_of_ours(stubbed: Stubbed) -> None:
    client, stub = stubbed("logs")
    said = {"log_level": "ERROR", "errorType": "KeyError", "errorMessage": "'at'", "requestId": "r-1"}
    event = {"eventId": "1", "timestamp": int(AT.timestamp() * 1000), "message": json.dumps(said)}
    stub.add_response("filter_log_events", {"events": [event]})
    (one,) = LogLines(client).of("worker", "g", since=AT, pattern="", most=10)
    assert (one.level, one.message, dict(one.details)) == ("ERROR", "KeyError: 'at'", {"requestId": "r-1"})


def test_lines_of_one_moment_keep_their_order_and_have_ids_of_their_own(stubbed: Stubbed) -> None:
    client, stub = stubbed("logs")
    moment = int(AT.timestamp() * 1000)
    events = [{"timestamp": moment, "message": words} for words in ("START", "Traceback", "END", "A")]
    stub.add_response("filter_log_events", {"events": events})
    found = LogLines(client).of("worker", "g", since=AT, pattern="", most=10)
    assert [one.message for one in found] == ["START", "Traceback", "END", "A"]
    assert len({one.id for one in found}) == len(found)


USER = {"Username": "u-1", "UserCreateDate": AT, "UserLastModifiedDate": AT, "Enabled": True, "UserStatus": "CONFIRMED"}
EMAIL = [{"Name": "email", "Value": "ada@example.com"}]


def shown(stub: Stubber, name: str = "u-1") -> None:
    stub.add_response("admin_get_user", {**USER, "UserAttributes": EMAIL}, {"UserPoolId": "p", "Username": name})
    stub.add_response(
        "admin_list_groups_for_user", {"Groups": [{"GroupName": "authors"}]}, {"UserPoolId": "p", "Username": name}
    )


def test_somebody_is_invited_by_mail(stubbed: Stubbed) -> None:
    client, stub = stubbed("cognito-idp")
    attributes = [*EMAIL, {"Name": "email_verified", "Value": "true"}]
    asked_for = {"UserPoolId": "p", "Username": "ada@example.com", "UserAttributes": attributes}
    stub.add_response(
        "admin_create_user", {"User": {**USER, "Attributes": EMAIL}}, {**asked_for, "DesiredDeliveryMediums": ["EMAIL"]}
    )
    shown(stub)
    made = UserPool(client, "p", stage="dev").create("ada@example.com", password=None)
    assert (made.id, made.email, made.groups) == ("u-1", "ada@example.com", ["authors"])


POLICY = {"UserPool": {"Policies": {"PasswordPolicy": {"MinimumLength": 12}}}}


def test_a_password_that_the_pool_would_refuse_makes_no_user(stubbed: Stubbed) -> None:
    client, stub = stubbed("cognito-idp")
    stub.add_response("describe_user_pool", POLICY, {"UserPoolId": "p"})
    with pytest.raises(InvalidInputError, match="lacks 7 more characters") as refused:
        UserPool(client, "p", stage="dev").create("ada@example.com", password="hunter2"[:5])
    assert "hunte" not in refused.value.message


def test_a_password_that_is_refused_all_the_same_takes_the_user_with_it(stubbed: Stubbed) -> None:
    client, stub = stubbed("cognito-idp")
    stub.add_response("describe_user_pool", POLICY)
    stub.add_response("admin_create_user", {"User": {**USER, "Attributes": EMAIL}})
    stub.add_client_error("admin_set_user_password", "InvalidPasswordException", "Password was used before", 400)
    stub.add_response("admin_delete_user", {}, {"UserPoolId": "p", "Username": "ada@example.com"})
    with pytest.raises(DeploymentFailedError, match="Password was used before"):
        UserPool(client, "p", stage="dev").create("ada@example.com", password="Correct-horse-9")


def test_a_taken_address_and_an_unknown_user_say_what_to_type(stubbed: Stubbed) -> None:
    client, stub = stubbed("cognito-idp")
    stub.add_client_error("admin_create_user", "UsernameExistsException", "User account already exists", 400)
    stub.add_client_error("admin_get_user", "UserNotFoundException", "User does not exist.", 400)
    people = UserPool(client, "p", stage="dev")
    with pytest.raises(ConflictError, match=r"There is a user ada@example.com already"):
        people.create("ada@example.com", password=None)
    with pytest.raises(NotFoundError) as unknown:
        people.show("bob")
    assert unknown.value.hint == "See who there is: omnipub users list --stage dev"


def test_a_user_that_is_disabled_is_signed_out_too(stubbed: Stubbed) -> None:
    client, stub = stubbed("cognito-idp")
    shown(stub, "ada@example.com")
    stub.add_response("admin_disable_user", {}, {"UserPoolId": "p", "Username": "u-1"})
    stub.add_response("admin_user_global_sign_out", {}, {"UserPoolId": "p", "Username": "u-1"})
    shown(stub)
    assert UserPool(client, "p", stage="dev").disable("ada@example.com").id == "u-1"


def test_users_are_listed_up_to_what_was_asked_for(stubbed: Stubbed) -> None:
    client, stub = stubbed("cognito-idp")
    one = {**USER, "Attributes": EMAIL}
    stub.add_response("list_users", {"Users": [one], "PaginationToken": "n"}, {"UserPoolId": "p", "Limit": 2})
    stub.add_response(
        "list_users", {"Users": [one], "PaginationToken": "m"}, {"UserPoolId": "p", "Limit": 1, "PaginationToken": "n"}
    )
    assert len(UserPool(client, "p", stage="dev").list(most=2)) == 2


def test_a_user_becomes_a_member(stubbed: Stubbed) -> None:
    client, stub = stubbed("cognito-idp")
    shown(stub)
    asked_for = {"UserPoolId": "p", "Username": "u-1", "GroupName": "authors"}
    stub.add_response("admin_add_user_to_group", {}, asked_for)
    shown(stub)
    assert UserPool(client, "p", stage="dev").add_to_group("u-1", "authors").groups == ["authors"]


def test_an_error_that_nobody_foresaw_keeps_its_cause() -> None:
    told = {"Error": {"Code": "Strange", "Message": "It is strange."}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    with pytest.raises(DeploymentFailedError, match="X refused: It is strange") as refused, translated_errors("X"):
        raise ClientError(told, "Do")  # type: ignore[arg-type]
    assert isinstance(refused.value.__cause__, ClientError)
