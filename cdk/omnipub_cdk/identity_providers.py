"""Accounts elsewhere that one may sign in with: Google and LinkedIn, where the stage names a client of them."""

from aws_cdk import SecretValue, Stack
from aws_cdk import aws_cognito as cognito

from omnipub_cdk.stages import Stage

_Provider = cognito.UserPoolClientIdentityProvider


def sign_in_with(stack: Stack, pool: cognito.UserPool, stage: Stage) -> list[_Provider]:
    """The providers that are configured; each costs nothing until it is used."""
    return [*_google(stack, pool, stage), *_linkedin(stack, pool, stage)]


def _google(stack: Stack, pool: cognito.UserPool, stage: Stage) -> list[_Provider]:
    if not stage.google_client_id:
        return []
    cognito.UserPoolIdentityProviderGoogle(
        stack,
        "Google",
        user_pool=pool,
        client_id=stage.google_client_id,
        client_secret_value=SecretValue.secrets_manager(stage.google_secret),
        scopes=["openid", "email", "profile"],
        attribute_mapping=cognito.AttributeMapping(email=cognito.ProviderAttribute.GOOGLE_EMAIL),
    )
    return [_Provider.GOOGLE]


def _linkedin(stack: Stack, pool: cognito.UserPool, stage: Stage) -> list[_Provider]:
    if not stage.linkedin_client_id:
        return []
    provider = cognito.UserPoolIdentityProviderOidc(
        stack,
        "LinkedIn",
        name="LinkedIn",
        user_pool=pool,
        client_id=stage.linkedin_client_id,
        client_secret=SecretValue.secrets_manager(stage.linkedin_secret).unsafe_unwrap(),  # a reference, not the value
        issuer_url="https://www.linkedin.com/oauth",
        scopes=["openid", "email", "profile"],
        attribute_mapping=cognito.AttributeMapping(email=cognito.ProviderAttribute.other("email")),
    )
    return [_Provider.custom(provider.provider_name)]
