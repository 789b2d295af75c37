"""The words of `docs/stuck-day.md`, in the order in which the operator types; `record_stuck_day` adds the screens."""

from collections.abc import Sequence
from dataclasses import dataclass

HEAD = """\
# A stuck day

It is three in the morning, and somebody calls: "half of yesterday's posts are not there". This page shows what the
operator sees and types, and why, until `omnipub doctor` says that all is well. Nothing but omnipub's own commands mends
anything.

The screens are real. `docs/record_stuck_day.py` makes the day with `omnipub up` and its sandbox, and types every
command into a terminal of {width} columns. Then it writes this page. Only the home directory and the number of the
process are replaced.

What went wrong, which the operator does not know yet:

- The machine lost its power (`kill -9`) in the middle of a try on Facebook. It came back, but later than a post about
  tickets could wait.
- Telegram took a post, and its answer was lost on the way.
- LinkedIn withdrew the account's token.
- Facebook refused a post, took another one without ever answering, and since then cannot even be asked what is there.
- Bluesky breaks off every connection.
- Somebody paused the intranet's webhook in the afternoon and went home.
"""

TAIL = """\
## What was not needed

- **Nothing was posted twice, and nobody had to be careful.** What may be out is never sent again by itself.
  `messages retry` does it only where the channel is named, and asks first.
- **Nothing was lost.** What waited went out by itself once its account worked. LinkedIn's post went out with the new
  token, and the webhook's with the end of the pause. Bluesky's three went out with the first connection that held.
- **No file was edited, no row was changed by hand, and nobody had to restart anything to get well.**

On a live system one step differs. `connections connect` asks for the new token, without showing it, or reads it from
standard input with `--token-stdin`. The sandbox makes its tokens itself.

What each state means and who moves it: [deliveries](deliveries.md). Every command: [the command line](cli.md).
"""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing the operator does.

    Attributes:
        words: Why; may be several paragraphs, or a heading first.
        command: What is typed; {names} are ids of the day.
        answer: What is answered to its question.
        back: The network that works again before it is typed.
        published: Messages that are waited for before it is typed.
    """

    words: str
    command: str
    answer: str = ""
    back: str = ""
    published: Sequence[str] = ()


STEPS = (
    Step(
        words="""\
## Look

The first command is always the same. It changes nothing, and each line that is not `ok` says what to type next.""",
        command="omnipub doctor",
    ),
    Step(
        words="""\
So: the system itself is fine, it runs and the table is in order. What is wrong is a list of accounts and deliveries.
`messages stuck` names each delivery that needs a person, the worst first, with the reason and the next command. What
heals by itself is not on it: Bluesky's account rests, and omnipub tries it again on its own.""",
        command="omnipub messages stuck",
    ),
    Step(
        words="""\
## Telegram: is it out or not?

The worst is `unconfirmed`: the post may be out, and omnipub cannot know, as a bot cannot read its channel. Guessing
would mean a lost post or a double one, so omnipub waits for a person.""",
        command="omnipub messages show {unconfirmed}",
    ),
    Step(
        words="""\
The operator opens the channel in Telegram: the post is there. The id to type is the number of the chat and the number
of the post. (Had it not been there: `messages retry`, as the screen says.)""",
        command="omnipub messages mark-published {unconfirmed} --channel telegram --network-id {telegram_id}",
    ),
    Step(
        words="""\
## LinkedIn: a dead token

An account that `needs owner` is tried no more: what is due is held, and no delivery uses up its tries.""",
        command="omnipub connections list",
    ),
    Step(
        words="`test` asks the network itself, so that nobody renews a token that works.",
        command="omnipub connections test linkedin",
    ),
    Step(
        words="The hint is the command to type. A new token lets go what was held.",
        command="omnipub connections connect linkedin --account urn:li:organization:1001 "
        "--title 'Sandbox organisation'",
    ),
    Step(
        words="Does it work? Yes, and the post that was held is out, as the second screen shows.",
        command="omnipub connections test linkedin",
    ),
    Step(words="", command="omnipub messages show {held}", published=("held",)),
    Step(
        words="""\
## The pause that somebody forgot

Without a scope `pause` lists what is stopped, since when, by whom and why.""",
        command="omnipub pause",
    ),
    Step(
        words="""\
The move is over. Resuming shows what became late meanwhile, and asks: send it now, or leave it missed? The canteen's
news still holds.""",
        command="omnipub resume channel:webhook",
        answer="send",
    ),
    Step(
        words="""\
## Missed and failed

The tickets could not wait, so omnipub did not send them late. Their window was over when the power came back. The box
office is still open, says the operator, and sends it after all. A retry opens a new window.""",
        command="omnipub messages retry {missed} --channel telegram",
    ),
    Step(
        words="The post that failed was refused by Facebook; sending it again would not help.",
        command="omnipub messages show {failed}",
    ),
    Step(
        words="It is about yesterday, so it is put away. The reason is kept.",
        command="omnipub messages dismiss {failed} --reason 'The soup was for yesterday'",
    ),
    Step(
        words="""\
## Facebook: still being found out

One more post is neither out nor in trouble yet: it is `publishing`.""",
        command="omnipub messages list --status publishing",
    ),
    Step(
        words="""\
Facebook never answered the try, and could not be asked afterwards either. omnipub looks again by itself, with growing
pauses. Only if that does not help does it call a person.""",
        command="omnipub messages show {unclear}",
    ),
    Step(
        words="""\
Facebook's status page says that it works again. There is no need to wait for the next look: `reconcile` looks now. It
never sends anything.""",
        command="omnipub messages reconcile {unclear} --channel facebook",
        back="facebook",
    ),
    Step(
        words="""\
Found, and taken over under the id that Facebook gave it. The same happened without anybody's help to the post whose
worker was killed:""",
        command="omnipub messages show {killed}",
        published=("unclear", "killed"),
    ),
    Step(
        words="""\
## Bluesky: nothing to do

After three tries in a row that nobody answered the account rests, for everybody. The tries that are made show whether
it works again. The post waits in its place.""",
        command="omnipub messages show {resting_1}",
    ),
    Step(
        words="""\
A little later Bluesky is back, and the three posts leave in their order.""",
        command="omnipub messages list --channel bluesky",
        back="bluesky",
        published=("resting_1", "resting_2", "resting_3", "paused", "missed"),
    ),
    Step(
        words="""\
## Is all of it well?

Three looks before going back to bed: has the worker read everything,""",
        command="omnipub stream stats",
    ),
    Step(words="is the table in order after a power cut,", command="omnipub table verify"),
    Step(words="and does anything still need anybody?", command="omnipub doctor"),
    Step(words="All is well. What became of the day:", command="omnipub messages list"),
)
