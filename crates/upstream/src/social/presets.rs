//! The presets, in the order in which a console lists them.

use model::provider::{EmailVerification, ProviderLogout, ProviderProtocol, UserIdForm};

use super::{Place, Preset};

const PROFILE: &[&str] = &["openid", "profile", "email"];

/// What most providers have in common: a customer's own OpenID provider.
const OPENID: Preset = Preset {
    strategy: "oidc",
    label: "single sign-on",
    is_social: false,
    protocol: ProviderProtocol::OpenIdConnect,
    place: Place::Configured,
    scope: PROFILE,
    email_verification: EmailVerification::Ignored,
    user_id_form: UserIdForm::OfConnection,
    logout: ProviderLogout::EndSession,
    reauthenticates: true,
    answers_silently: true,
    is_apple: false,
};

/// Every preset.
pub const PRESETS: &[Preset] = &[
    OPENID,
    // An Auth0 tenant in front of which we stand.
    Preset {
        strategy: "auth0-oidc",
        label: "Auth0",
        place: Place::Named {
            option: "domain",
            issuer: Some("https://{}/"),
            discovery_url: "https://{}/.well-known/openid-configuration",
        },
        logout: ProviderLogout::Auth0,
        ..OPENID
    },
    Preset {
        strategy: "okta",
        label: "Okta",
        place: Place::Named {
            option: "domain",
            issuer: Some("https://{}"),
            discovery_url: "https://{}/.well-known/openid-configuration",
        },
        ..OPENID
    },
    // Entra ID names the tenant's number in its issuer, whatever name of the tenant one asks by. Its `email` can be
    // set by anybody who administers a tenant, so that it is never believed without being told.
    Preset {
        strategy: "waad",
        label: "Microsoft Entra ID",
        place: Place::Named {
            option: "tenant_domain",
            issuer: None,
            discovery_url: "https://login.microsoftonline.com/{}/v2.0/.well-known/openid-configuration",
        },
        user_id_form: UserIdForm::Global,
        ..OPENID
    },
    Preset { strategy: "google-apps", label: "Google Workspace", is_social: false, ..GOOGLE },
    GOOGLE,
    Preset {
        strategy: "github",
        label: "GitHub",
        is_social: true,
        protocol: ProviderProtocol::GitHub,
        place: Place::WrittenDown {
            issuer: "https://github.com",
            authorization: "https://github.com/login/oauth/authorize",
            token: "https://github.com/login/oauth/access_token",
            userinfo: "https://api.github.com/user",
        },
        scope: &["read:user", "user:email"],
        email_verification: EmailVerification::Believed,
        user_id_form: UserIdForm::Global,
        reauthenticates: false,
        answers_silently: false,
        ..OPENID
    },
    // Personal accounts, of which the issuer is the tenant that all of them share.
    Preset {
        strategy: "windowslive",
        label: "Microsoft",
        is_social: true,
        place: Place::Known {
            issuer: "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",
            discovery_url: "https://login.microsoftonline.com/consumers/v2.0/.well-known/openid-configuration",
        },
        user_id_form: UserIdForm::Global,
        ..OPENID
    },
    Preset {
        strategy: "apple",
        label: "Apple",
        is_social: true,
        place: Place::Known {
            issuer: "https://appleid.apple.com",
            discovery_url: "https://appleid.apple.com/.well-known/openid-configuration",
        },
        scope: &["openid", "name", "email"],
        email_verification: EmailVerification::Believed,
        user_id_form: UserIdForm::Global,
        reauthenticates: false,
        answers_silently: false,
        is_apple: true,
        ..OPENID
    },
];

/// Google knows `none`, `consent` and `select_account` as prompts, and no `max_age`.
const GOOGLE: Preset = Preset {
    strategy: "google-oauth2",
    label: "Google",
    is_social: true,
    place: Place::Known {
        issuer: "https://accounts.google.com",
        discovery_url: "https://accounts.google.com/.well-known/openid-configuration",
    },
    email_verification: EmailVerification::Believed,
    user_id_form: UserIdForm::Global,
    reauthenticates: false,
    ..OPENID
};
