"""The AWS certifications a member may have earned, and when each could be earned.

Rules of this module:
1. A row is never removed, because stored certifications name it; a retired one keeps its last exam day.
2. A new name is a new row: whoever passed under the old name holds the old title.
3. A date may be too generous but never too strict: a true certificate must not be refused. So the first day counts
   beta exams, whose takers hold the full title. A date known only to the month stands for its first or last day. One
   known only to the year does likewise.

Sources, as of AS_OF, are AWS's announcements and reports of exam takers. The announcements are of 2024 (AI
Practitioner, Machine Learning Engineer, three retired specialties) and 2025 (CloudOps Engineer, Security SCS-C03).
Those of September 2026 are versions, AI Business Strategist, and the end of Advanced Networking. Most are quoted from
catalogues and study guides of that time.

How exact the dates are:

- These beginnings are known to the day. They are Solutions Architect - Associate (with the programme itself), AI
  Practitioner, CloudOps Engineer and AI Business Strategist. So is that of Machine Learning Engineer (registration for
  its beta). Known to the day are the ends of SysOps Administrator, Machine Learning - Specialty, SAP on AWS and
  Advanced Networking.
- Known to the month are the beginnings of Cloud Practitioner and Alexa Skill Builder. So are the ends of Alexa Skill
  Builder, Database and Data Analytics.
- To the year: the beginnings of Machine Learning - Specialty and SAP on AWS, the end of Big Data.
- Estimated are the beginnings of the betas of Data Engineer, Database, Data Analytics and Generative AI Developer.
  Each is some months before an exam proper whose month is known.
- Unknown (None): the beginnings of Developer, SysOps Administrator, both older Professional certifications,
  Advanced Networking, Security and Big Data. Nothing is older than PROGRAMME_SINCE.
"""
# ruff: noqa: RUF001 (AWS writes its names with an en dash)

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from omnipub.domain.text import excerpt, nfkc
from omnipub.errors import InvalidInputError
from omnipub.hints import Action, Hint

AS_OF = date(2026, 11, 23)
"""The day the rows were last compared with their sources."""

PROGRAMME_SINCE = date(2013, 4, 30)
"""AWS certified nobody before this day."""

SUGGESTIONS = 3
"""Close matches named when a type is not found."""


class Level(StrEnum):
    """AWS's own categories; Business came in 2026 and is not a step between two others."""

    FOUNDATIONAL = "foundational"
    BUSINESS = "business"
    ASSOCIATE = "associate"
    PROFESSIONAL = "professional"
    SPECIALTY = "specialty"


@dataclass(frozen=True, kw_only=True)
class CertificationType:
    """One title AWS gives or gave.

    Attributes:
        slug: Its name here, which is also AWS's name for it in addresses.
        name: The official name in full.
        title: The name without what all of them share, for lists.
        level: AWS's category.
        codes: Exams that lead or last led to it, and announced ones; the older first.
        available_from: First day it could be earned; None if that is not known.
        retired_on: Last exam day, which may lie ahead; None while no end is announced.
        hashtags: Without `#`.
        aliases: Earlier exam codes and other names people type.
        successor: Slug of the row that took its place, or empty.
    """

    slug: str
    name: str
    title: str
    level: Level
    codes: tuple[str, ...]
    available_from: date | None = None
    retired_on: date | None = None
    hashtags: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    successor: str = ""


_ROWS = (
    CertificationType(
        slug="cloud-practitioner",
        name="AWS Certified Cloud Practitioner",
        title="Cloud Practitioner",
        level=Level.FOUNDATIONAL,
        codes=("CLF-C02",),
        available_from=date(2017, 11, 1),
        hashtags=("AWSCertified", "AWS", "CloudPractitioner"),
        aliases=("CLF-C01",),
    ),
    CertificationType(
        slug="ai-practitioner",
        name="AWS Certified AI Practitioner",
        title="AI Practitioner",
        level=Level.FOUNDATIONAL,
        codes=("AIF-C01",),
        available_from=date(2024, 8, 27),
        hashtags=("AWSCertified", "AWS", "AI"),
        aliases=("AI1-C01",),
    ),
    CertificationType(
        slug="ai-business-strategist",
        name="AWS Certified AI Business Strategist",
        title="AI Business Strategist",
        level=Level.BUSINESS,
        codes=("AIB-C01",),
        available_from=date(2026, 9, 29),
        hashtags=("AWSCertified", "AWS", "AI"),
        aliases=("AB1-C01",),
    ),
    CertificationType(
        slug="solutions-architect-associate",
        name="AWS Certified Solutions Architect – Associate",
        title="Solutions Architect – Associate",
        level=Level.ASSOCIATE,
        codes=("SAA-C03",),
        available_from=date(2013, 4, 30),
        hashtags=("AWSCertified", "AWS", "SolutionsArchitect"),
        aliases=("SAA-C02", "SAA-C01"),
    ),
    CertificationType(
        slug="developer-associate",
        name="AWS Certified Developer – Associate",
        title="Developer – Associate",
        level=Level.ASSOCIATE,
        codes=("DVA-C02", "DVA-C03"),  # C03 replaces C02 on 2026-12-01
        hashtags=("AWSCertified", "AWS", "CloudDeveloper"),
        aliases=("DVA-C01",),
    ),
    CertificationType(
        slug="cloudops-engineer-associate",
        name="AWS Certified CloudOps Engineer – Associate",
        title="CloudOps Engineer – Associate",
        level=Level.ASSOCIATE,
        codes=("SOA-C03",),
        available_from=date(2025, 9, 30),
        hashtags=("AWSCertified", "AWS", "CloudOps"),
    ),
    CertificationType(
        slug="data-engineer-associate",
        name="AWS Certified Data Engineer – Associate",
        title="Data Engineer – Associate",
        level=Level.ASSOCIATE,
        codes=("DEA-C01",),
        available_from=date(2023, 11, 1),
        hashtags=("AWSCertified", "AWS", "DataEngineering"),
    ),
    CertificationType(
        slug="machine-learning-engineer-associate",
        name="AWS Certified Machine Learning Engineer – Associate",
        title="Machine Learning Engineer – Associate",
        level=Level.ASSOCIATE,
        codes=("MLA-C01", "MLA-C02"),  # in English C02 alone since 2026-09-29, as a beta named ME1-C02
        available_from=date(2024, 8, 13),
        hashtags=("AWSCertified", "AWS", "MachineLearning"),
        aliases=("ME1-C02", "ML Engineer Associate"),
    ),
    CertificationType(
        slug="solutions-architect-professional",
        name="AWS Certified Solutions Architect – Professional",
        title="Solutions Architect – Professional",
        level=Level.PROFESSIONAL,
        codes=("SAP-C03",),
        hashtags=("AWSCertified", "AWS", "SolutionsArchitect"),
        aliases=("SAP-C02", "SAP-C01"),
    ),
    CertificationType(
        slug="devops-engineer-professional",
        name="AWS Certified DevOps Engineer – Professional",
        title="DevOps Engineer – Professional",
        level=Level.PROFESSIONAL,
        codes=("DOP-C02",),
        hashtags=("AWSCertified", "AWS", "DevOps"),
        aliases=("DOP-C01",),
    ),
    CertificationType(
        slug="generative-ai-developer-professional",
        name="AWS Certified Generative AI Developer – Professional",
        title="Generative AI Developer – Professional",
        level=Level.PROFESSIONAL,
        codes=("AIP-C01",),
        available_from=date(2025, 11, 1),
        hashtags=("AWSCertified", "AWS", "GenerativeAI"),
        aliases=("GenAI Developer Professional",),
    ),
    CertificationType(
        slug="security-specialty",
        name="AWS Certified Security – Specialty",
        title="Security – Specialty",
        level=Level.SPECIALTY,
        codes=("SCS-C03",),
        hashtags=("AWSCertified", "AWS", "CloudSecurity"),
        aliases=("SCS-C02", "SCS-C01"),
    ),
    CertificationType(
        slug="advanced-networking-specialty",
        name="AWS Certified Advanced Networking – Specialty",
        title="Advanced Networking – Specialty",
        level=Level.SPECIALTY,
        codes=("ANS-C01",),
        retired_on=date(2026, 12, 31),
        hashtags=("AWSCertified", "AWS", "CloudNetworking"),
        aliases=("ANS-C00",),
    ),
    CertificationType(
        slug="sysops-administrator-associate",
        name="AWS Certified SysOps Administrator – Associate",
        title="SysOps Administrator – Associate",
        level=Level.ASSOCIATE,
        codes=("SOA-C02",),
        retired_on=date(2025, 9, 29),
        hashtags=("AWSCertified", "AWS", "SysOps"),
        aliases=("SOA-C01",),
        successor="cloudops-engineer-associate",
    ),
    CertificationType(
        slug="machine-learning-specialty",
        name="AWS Certified Machine Learning – Specialty",
        title="Machine Learning – Specialty",
        level=Level.SPECIALTY,
        codes=("MLS-C01",),
        available_from=date(2018, 1, 1),
        retired_on=date(2026, 3, 31),
        hashtags=("AWSCertified", "AWS", "MachineLearning"),
    ),
    CertificationType(
        slug="database-specialty",
        name="AWS Certified Database – Specialty",
        title="Database – Specialty",
        level=Level.SPECIALTY,
        codes=("DBS-C01",),
        available_from=date(2019, 11, 1),
        retired_on=date(2024, 4, 30),
        hashtags=("AWSCertified", "AWS", "Databases"),
    ),
    CertificationType(
        slug="sap-on-aws-specialty",
        name="AWS Certified: SAP on AWS – Specialty",
        title="SAP on AWS – Specialty",
        level=Level.SPECIALTY,
        codes=("PAS-C01",),
        available_from=date(2021, 1, 1),
        retired_on=date(2024, 4, 29),
        hashtags=("AWSCertified", "AWS", "SAPonAWS"),
    ),
    CertificationType(
        slug="data-analytics-specialty",
        name="AWS Certified Data Analytics – Specialty",
        title="Data Analytics – Specialty",
        level=Level.SPECIALTY,
        codes=("DAS-C01",),
        available_from=date(2019, 12, 1),
        retired_on=date(2024, 4, 30),
        hashtags=("AWSCertified", "AWS", "DataAnalytics"),
    ),
    CertificationType(
        slug="alexa-skill-builder-specialty",
        name="AWS Certified Alexa Skill Builder – Specialty",
        title="Alexa Skill Builder – Specialty",
        level=Level.SPECIALTY,
        codes=("AXS-C01",),
        available_from=date(2019, 1, 1),
        retired_on=date(2021, 3, 31),
        hashtags=("AWSCertified", "AWS", "AlexaSkills"),
    ),
    CertificationType(
        slug="big-data-specialty",
        name="AWS Certified Big Data – Specialty",
        title="Big Data – Specialty",
        level=Level.SPECIALTY,
        codes=("BDS-C00",),
        retired_on=date(2020, 12, 31),
        hashtags=("AWSCertified", "AWS", "BigData"),
        successor="data-analytics-specialty",
    ),
)

CATALOGUE: Mapping[str, CertificationType] = MappingProxyType({row.slug: row for row in _ROWS})


def _key(text: str) -> str:
    """`text` with only its words left, so that every dash, case and spacing of a name is the same."""
    words = re.sub(r"[\W_]+", " ", nfkc(text).casefold()).strip()
    return words.removeprefix("aws certified ")


_BY_KEY: Mapping[str, CertificationType] = MappingProxyType(
    {_key(known): row for row in _ROWS for known in (row.slug, row.name, *row.codes, *row.aliases)}
)


def type_named(text: str) -> CertificationType:
    """The type that `text` names: a slug, an exam code or the full name, in any case.

    Raises:
        InvalidInputError: No such type; the hint names close ones.
    """
    # What lists show is longer than any name, and keeps the comparison of a pasted page short.
    shown = excerpt(text)
    found = _BY_KEY.get(_key(shown))
    if found is None:
        close = difflib.get_close_matches(_key(shown), _BY_KEY, n=2 * SUGGESTIONS)
        slugs = list(dict.fromkeys(_BY_KEY[key].slug for key in close))[:SUGGESTIONS]
        meant = f"Did you mean {' or '.join(slugs)}?" if slugs else ""
        sentence = f"'{shown}' is not an AWS certification."
        raise InvalidInputError(
            sentence,
            hint=(meant, Hint(action=Action.LIST_TYPES)),
            problems=[("type", sentence)],
        )
    return found


def check_date(kind: CertificationType, *, earned_on: date, today: date) -> None:
    """Refuse a day on which nobody can have earned `kind`.

    Args:
        kind: What was earned.
        earned_on: The day on the certificate.
        today: The day it is where days begin first; no later one can be on a certificate.

    Raises:
        InvalidInputError: The day lies ahead, before the first or after the last exam. The sentence says which days
            would have been accepted.
    """
    first = kind.available_from or PROGRAMME_SINCE
    if earned_on > today:
        sentence = f"{earned_on} lies in the future: that day has not begun anywhere on earth."
    elif earned_on < first:
        sentence = f"{kind.name} could not be earned before {first}."
    elif kind.retired_on is not None and earned_on > kind.retired_on:
        sentence = f"{kind.name} could not be earned after {kind.retired_on}."
        if kind.successor:
            sentence += f" Its successor is {kind.successor}."
    else:
        return
    raise InvalidInputError(
        sentence, hint="Give the day that is on the certificate.", problems=[("earned_on", sentence)]
    )
