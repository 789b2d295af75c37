"""`omnipub completion`: teach a shell to complete commands and options."""

from contextlib import redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import Command, examples

if TYPE_CHECKING:
    from omnipub_cli.output.json_documents.machine_documents import CompletionJson

app = typer.Typer(add_completion=False)

PROGRAM = "omnipub"
HOW = {
    "bash": 'Put this into ~/.bashrc: eval "$(omnipub completion bash)"',
    "zsh": 'Put this into ~/.zshrc, below compinit: eval "$(omnipub completion zsh)"',
    "fish": "Put this into ~/.config/fish/config.fish: omnipub completion fish | source",
}
"""Shell → how its script is used."""


@app.command(
    cls=Command,
    epilog=examples('eval "$(omnipub completion bash)"', "omnipub completion fish | source", "omnipub completion zsh"),
)
def completion(
    context: typer.Context,
    shell: Annotated[Literal["bash", "zsh", "fish"], typer.Argument(metavar="SHELL", help="bash, zsh or fish.")],
) -> None:
    """Print the script that makes a shell complete commands and options."""
    call = call_of(context)
    script = script_of(context, shell)
    if call.json:
        document: CompletionJson = {"shell": shell, "script": script}
        call.output.data(json=document)
        return
    for line in script.splitlines():
        call.output.line(line)
    if call.output.look.terminal:  # a shell that reads the script at its start must not say this each time
        call.output.hint(HOW[shell])


def script_of(context: typer.Context, shell: str) -> str:
    """The script that makes a shell ask omnipub how a line may go on."""
    from typer.completion import shell_complete

    with redirect_stdout(StringIO()) as printed:
        shell_complete(context.find_root().command, {}, PROGRAM, f"_{PROGRAM.upper()}_COMPLETE", f"source_{shell}")
    return printed.getvalue().strip()
