"""Adapters to AWS: DynamoDB, Kinesis, S3, KMS, Lambda and Secrets Manager, through botocore."""
