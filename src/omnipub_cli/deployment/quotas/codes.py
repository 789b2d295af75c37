"""The names that AWS' Service Quotas gives to our limits: where more is asked for."""

from collections.abc import Sequence

from omnipub_cli.deployment.quotas.judgement import Quota

RUNS = Quota(service="lambda", code="L-B99A9384", name="Concurrent executions")
SHARDS = Quota(service="kinesis", code="L-0918CF54", name="Shards per Region")
TABLE_WRITES = Quota(service="dynamodb", code="L-AB614373", name="Table-level write throughput limit")
TABLE_READS = Quota(service="dynamodb", code="L-CF0CBE56", name="Table-level read throughput limit")
REQUESTS = Quota(service="apigateway", code="L-8A5B8E43", name="Throttle rate")
MAIL_A_DAY = Quota(service="ses", code="L-804C8AE8", name="Sending quota")
MAIL_A_SECOND = Quota(service="ses", code="L-CDEF9B6B", name="Sending rate")

CODES: Sequence[Quota] = (RUNS, SHARDS, TABLE_WRITES, TABLE_READS, REQUESTS, MAIL_A_DAY, MAIL_A_SECOND)

BUSIEST = "in the busiest minute of the last day"
