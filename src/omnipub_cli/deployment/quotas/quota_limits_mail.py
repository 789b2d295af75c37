"""The limits of mail and text messages, of stages that send them."""

from collections.abc import Sequence

from omnipub.services.health.finding import Health
from omnipub_cli.deployment.quotas.codes import BUSIEST, MAIL_A_DAY, MAIL_A_SECOND
from omnipub_cli.deployment.quotas.judgement import Limit, QuotaRemedy, Row, Sign

_SPENDING = QuotaRemedy(
    sentence="Above it SNS sends no text message. The account's own most is raised in a case for AWS' support.",
    elsewhere="aws sns set-sms-attributes --attributes MonthlySpendLimit=DOLLARS --region {region}",
)

_MAIL: Sequence[Row] = (
    Limit(
        name="quota mail",
        what="Mail sent",
        used="mail.sent",
        limit="mail.limit",
        window="in the last 24 hours",
        remedy=QuotaRemedy(sentence="Beyond it SES refuses mail.", quota=MAIL_A_DAY),
    ),
    Limit(
        name="quota mail",
        what="Mail sent a second",
        used="mail.second",
        limit="mail.second.limit",
        window=BUSIEST,
        remedy=QuotaRemedy(sentence="Beyond it SES refuses mail.", quota=MAIL_A_SECOND),
    ),
    Sign(
        name="quota mail",
        seen="mail.sandbox",
        sentence="SES is in its sandbox: mail goes to verified addresses alone.",
        remedy=QuotaRemedy(
            sentence="Ask AWS to open it.",
            elsewhere="aws sesv2 put-account-details --production-access-enabled --mail-type TRANSACTIONAL "
            "--website-url SITE --region {region}",
        ),
        health=Health.WARN,
    ),
    Sign(
        name="quota mail",
        seen="mail.off",
        sentence="Sending mail is turned off in SES.",
        remedy=QuotaRemedy(
            sentence="None leaves.",
            elsewhere="aws sesv2 put-account-sending-attributes --sending-enabled --region {region}",
        ),
    ),
    Sign(
        name="quota mail",
        seen="mail.watched",
        sentence="SES has put the account under review for bounces or complaints.",
        remedy=QuotaRemedy(
            sentence="Answer the case AWS has opened.", elsewhere="aws sesv2 get-account --region {region}"
        ),
        health=Health.WARN,
    ),
    Sign(
        name="quota mail",
        seen="mail.shut",
        sentence="SES has paused the account's mail for bounces or complaints.",
        remedy=QuotaRemedy(
            sentence="Answer the case AWS has opened.", elsewhere="aws sesv2 get-account --region {region}"
        ),
    ),
)

_TEXTS: Sequence[Row] = (
    Limit(
        name="quota text messages",
        what="Spent on text messages",
        used="texts.spent",
        limit="texts.limit",
        unit="US dollars",
        window="since this month began",
        remedy=_SPENDING,
    ),
    Sign(
        name="quota text messages",
        seen="texts.unsaid",
        sentence="SNS names no monthly limit for text messages; an account that never asked for one has 1 US dollar.",
        remedy=_SPENDING,
        health=Health.WARN,
    ),
    Sign(
        name="quota text messages",
        seen="texts.sandbox",
        sentence="SNS is in its sandbox for text messages: they go to verified numbers alone.",
        remedy=QuotaRemedy(
            sentence="Leave it in the SNS console: Text messaging, Exit SMS sandbox.",
            elsewhere="aws sns list-sms-sandbox-phone-numbers --region {region}",
        ),
        health=Health.WARN,
    ),
)

SENDING: Sequence[Row] = (*_MAIL, *_TEXTS)
