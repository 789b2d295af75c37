"""Who may sign in: a Cognito user pool, its sign-in pages, and one public client that proves itself with PKCE."""

from typing import Any

from aws_cdk import Aws, CfnOutput, Duration, Stack
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from omnipub.names import AUTHORS_GROUP, OPERATORS_GROUP, SERVICE, SIGN_IN_SCOPES, SIGNED_IN_PATH
from omnipub_cdk.identity_providers import sign_in_with
from omnipub_cdk.nag_exceptions import acknowledge
from omnipub_cdk.removal import removal_of
from omnipub_cdk.stages import Stage

_LOGIN = {
    True: cognito.ManagedLoginVersion.NEWER_MANAGED_LOGIN,
    False: cognito.ManagedLoginVersion.CLASSIC_HOSTED_UI,
}
_GROUPS = {OPERATORS_GROUP: "See and steer everybody's messages", AUTHORS_GROUP: "Write their own messages"}


class AuthStack(Stack):
    """Sign-in. The site's address comes from the stage: the distribution's own would make the stacks a circle."""

    def __init__(self, scope: Construct, name: str, *, stage: Stage, **values: Any) -> None:
        super().__init__(scope, name, **values)
        self.pool = _pool(self, stage)
        for group, description in _GROUPS.items():
            cognito.CfnUserPoolGroup(
                self, group.title(), user_pool_id=self.pool.user_pool_id, group_name=group, description=description
            )
        prefix = stage.sign_in_prefix or f"{SERVICE}-{stage.name}-{Aws.ACCOUNT_ID}"
        self.pool.add_domain(
            "SignIn",
            cognito_domain=cognito.CognitoDomainOptions(domain_prefix=prefix),
            managed_login_version=_LOGIN[stage.managed_login],
        )
        self.sign_in_url = f"https://{prefix}.auth.{self.region}.amazoncognito.com"
        providers = [cognito.UserPoolClientIdentityProvider.COGNITO, *sign_in_with(self, self.pool, stage)]
        self.client = self.pool.add_client(
            "Console",
            generate_secret=False,
            auth_flows=cognito.AuthFlow(user_srp=True),
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[cognito.OAuthScope.custom(scope) for scope in SIGN_IN_SCOPES],
                callback_urls=[f"{site}{SIGNED_IN_PATH}" for site in stage.sites],
                logout_urls=[f"{site}/" for site in stage.sites],
            ),
            supported_identity_providers=providers,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            access_token_validity=Duration.hours(1),
            id_token_validity=Duration.hours(1),
            refresh_token_validity=Duration.days(30),
            refresh_token_rotation_grace_period=Duration.seconds(30),
        )
        if stage.managed_login:  # until they are given a look, the newer pages answer with an error
            cognito.CfnManagedLoginBranding(
                self,
                "Look",
                user_pool_id=self.pool.user_pool_id,
                client_id=self.client.user_pool_client_id,
                settings=dict(stage.branding) or None,
                use_cognito_provided_values=None if stage.branding else True,
            )
        for output, value in {
            "UserPool": self.pool.user_pool_id,
            "Client": self.client.user_pool_client_id,
            "SignInUrl": self.sign_in_url,
        }.items():
            CfnOutput(self, f"{output}Is", value=value)


def _pool(stack: Stack, stage: Stage) -> cognito.UserPool:
    pool = cognito.UserPool(
        stack,
        "Users",
        feature_plan=cognito.FeaturePlan.ESSENTIALS,
        self_sign_up_enabled=stage.sign_up,
        sign_in_aliases=cognito.SignInAliases(email=True),
        sign_in_case_sensitive=False,
        auto_verify=cognito.AutoVerifiedAttrs(email=True),
        account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
        mfa=cognito.Mfa.REQUIRED,
        mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
        password_policy=cognito.PasswordPolicy(
            min_length=12, require_digits=True, require_lowercase=True, require_symbols=True, require_uppercase=True
        ),
        deletion_protection=stage.protected,
        removal_policy=removal_of(stage),
    )
    acknowledge(
        pool,
        "AwsSolutions-COG8",
        "Threat protection is the Plus tier at $0.02 for each active user; a second factor is required instead.",
    )
    return pool
