"""`omnipub deploy`: bring a stage to AWS, or bring it up to date."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from omnipub.errors import InvalidInputError
from omnipub_cli.commands._shared import aws_stage
from omnipub_cli.deployment import wall_clock
from omnipub_cli.framework.context import Call, call_of
from omnipub_cli.framework.options import Command, Yes, examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omnipub_cli.commands._shared.finish import Finish
    from omnipub_cli.deployment.account import AwsAccount
    from omnipub_cli.deployment.checkout import Checkout
    from omnipub_cli.deployment.deploy import Plan
    from omnipub_cli.deployment.retained import OfRetained
    from omnipub_cli.deployment.smoke import SmokeCheck
    from omnipub_cli.deployment.target import Target
    from omnipub_cli.output.json_documents.deployment_documents import DeployedJson

app = typer.Typer(add_completion=False)


@app.command(
    cls=Command,
    epilog=examples(
        "omnipub deploy --infra serverless",
        "omnipub deploy --infra serverless --stage prod --diff",
        "omnipub deploy OmnichannelApiStack --infra serverless --yes",
    ),
)
def deploy(  # noqa: PLR0913  one argument for each option
    context: typer.Context,
    stacks: Annotated[
        list[str] | None, typer.Argument(metavar="[STACK]...", help="Only these: OmnichannelApiStack, or Api.")
    ] = None,
    *,
    infra: aws_stage.Infra = "",
    region: aws_stage.Region = "",
    values: aws_stage.Values = None,
    all_: Annotated[bool, typer.Option("--all", help="All stacks, as if none was named.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what changes before it is changed, and ask.")] = False,
    allow_replace: Annotated[
        bool,
        typer.Option("--allow-replace", help="Let a table, stream, bucket, key or user pool be replaced or deleted."),
    ] = False,
    allow_schema_change: Annotated[
        bool,
        typer.Option(
            "--allow-schema-change", help="Go on though items will mean something else; pause everything first."
        ),
    ] = False,
    adopt_retained: Annotated[
        bool,
        typer.Option("--adopt-retained", help="Take back the table, buckets, key and users that `destroy` left."),
    ] = False,
    leave_retained: Annotated[
        bool, typer.Option("--leave-retained", help="Begin with empty ones, and leave those where they are.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Deploy a stage to AWS, or go on where an earlier deployment ended."""
    from omnipub_cli.commands._shared import deployment
    from omnipub_cli.deployment import stacks as family
    from omnipub_cli.deployment.retained import OfRetained

    call = call_of(context)
    if all_ and stacks:
        raise InvalidInputError("--all and single stacks were asked for.", hint="Leave one of them out.")
    if adopt_retained and leave_retained:
        raise InvalidInputError("--adopt-retained and --leave-retained were given.", hint="Leave one of them out.")
    of_retained = OfRetained.ADOPT if adopt_retained else OfRetained.LEAVE if leave_retained else OfRetained.ASK
    checkout, target = aws_stage.place(context, region=region, values=values or ())
    kind = aws_stage.named_infrastructure(infra, os.environ, target)
    wanted = family.chosen(stacks or (), target.region)
    with aws_stage.opened(call) as account:
        target = deployment.prepared(call, account, checkout, target, wanted)
        if kind is None:
            aws_stage.check_infrastructure(call, account, target)
        run = _Run(call=call, account=account, checkout=checkout, target=target, wanted=wanted)
        run.deploy(
            diff=diff,
            yes=yes,
            allow_replace=allow_replace,
            allow_schema_change=allow_schema_change,
            of_retained=of_retained,
        )


@dataclass(kw_only=True)
class _Run:
    """One deployment; `made` are the changes of each stack."""

    call: Call
    account: AwsAccount
    checkout: Checkout
    target: Target
    wanted: Sequence[str]
    made: dict[str, Any] = field(default_factory=dict)

    def deploy(
        self, *, diff: bool, yes: bool, allow_replace: bool, allow_schema_change: bool, of_retained: OfRetained
    ) -> None:
        from omnipub_cli.commands._shared import deployment
        from omnipub_cli.commands._shared.finish import Finish
        from omnipub_cli.deployment.rollback import to_take_back

        self._ask(yes=yes or diff)
        began, pages = wall_clock.now(), "untouched"
        lock = deployment.lock(self.call, self.account, self.target, "deployed")
        finish = Finish(call=self.call, account=self.account, checkout=self.checkout, target=self.target)
        run = deployment.deployment(
            self.call,
            self.account,
            self.checkout,
            self.target,
            approve=lambda plan: self._approve(plan, diff=diff, yes=yes),
            allow_replace=allow_replace,
            allow_schema_change=allow_schema_change,
            of_retained=of_retained,
            confirm=lock.confirm,
        )
        try:
            with lock.held():
                with deployment.aside(self.checkout) as folder:
                    run.run(self.wanted, folder)
                if "Frontend" in self.wanted:
                    pages = finish.pages()
            checks = finish.checks(began=began)
        except KeyboardInterrupt:
            aws_stage.interrupted(self.call, run.going, stage=self.target.stage)
            raise
        finally:
            aws_stage.forget(self.account, self.target)
        back = to_take_back(run.records, self.account.stacks(self.target.region), self.target.stage)
        self._print(finish, pages, checks, back=back is not None)

    def _ask(self, *, yes: bool) -> None:
        from omnipub_cli.deployment.stacks import id_of
        from omnipub_cli.framework.prompts import confirm

        where = f"account {self.account.caller().account}, region {self.target.region}"
        names = ", ".join(id_of(one) for one in self.wanted)
        confirm(self.call, f"This deploys stage {self.target.stage} ({self.target.mode}) to {where}: {names}.", yes=yes)

    def _approve(self, plan: Plan, *, diff: bool, yes: bool) -> None:
        from omnipub_cli.commands._shared.deployment_views import changes_table
        from omnipub_cli.deployment.stacks import id_of
        from omnipub_cli.framework.prompts import confirm

        for short, changes in plan.items():
            self.call.output.note(f"{id_of(short)}: {f'{len(changes)} changes' if changes else 'nothing to change'}.")
        if diff and any(plan.values()):
            self.call.output.beside(changes_table(plan))
            confirm(self.call, "These changes are made now.", yes=yes)
        self.made.update({short: len(changes) for short, changes in plan.items() if changes})

    def _print(self, finish: Finish, pages: str, checks: Sequence[SmokeCheck], *, back: bool) -> None:
        from omnipub_cli.commands._shared import deployment_views
        from omnipub_cli.deployment.stacks import id_of
        from omnipub_cli.framework.exit_codes import ExitCode

        outputs = finish.outputs()
        finish.keep(outputs)
        steps = finish.next_steps(outputs, back=back)
        bad = [one for one in checks if one.verdict == "bad"]
        document: DeployedJson = {
            "stage": self.target.stage,
            "region": self.target.region,
            "account": self.account.caller().account,
            "version": self.checkout.version,
            "changed": {id_of(short): count for short, count in self.made.items()},
            "pages": pages,
            "ok": not bad,
            "checks": deployment_views.checks_json(checks),
            "outputs": deployment_views.outputs_json(outputs),
            "next": [{"why": why, "type": words} for why, words in steps],
        }
        self.call.output.data(
            deployment_views.checks_view(checks, terminal=self.call.output.look.terminal),
            *([deployment_views.outputs_table(outputs)] if any(outputs.values()) else []),
            json=document,
            ids=[id_of(short) for short in self.made],
        )
        self.call.output.note(
            "Everything stands as it should." if not bad else f"DeployedJson, but not in order: {len(bad)}."
        )
        for why, words in steps:
            self.call.output.hint(f"{why}: {words}")
        if bad:
            raise typer.Exit(ExitCode.FAILURE)
