//! Security events: product data with Auth0's type codes, not log lines.

use serde::{Deserialize, Serialize};

use crate::{ClientId, EventId, JsonObject, Timestamp, UserId};

macro_rules! event_types {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum EventType { $($(#[$doc])* $name,)* }

        impl EventType {
            /// Every type that is recorded.
            pub const ALL: &[EventType] = &[$(EventType::$name,)*];

            /// The code in the log, Auth0's wherever it has one.
            pub fn code(self) -> &'static str {
                match self { $(EventType::$name => $code,)* }
            }
        }
    };
}

event_types! {
    /// Signed in.
    LoginSucceeded = "s",
    /// Not signed in for a reason other than a wrong password or an unknown user.
    LoginFailed = "f",
    /// Wrong password.
    WrongPassword = "fp",
    /// Nobody by that name.
    UnknownUser = "fu",
    /// Too many wrong passwords; the account is closed to this address for a while.
    AccountThrottled = "limit_wc",
    /// The source says that this password is known from a breach.
    BreachedPassword = "pwd_leak",
    /// Signed up.
    SignupSucceeded = "ss",
    /// Did not sign up.
    SignupFailed = "fs",
    /// Signed out.
    LogoutSucceeded = "slo",
    /// An application took note of the end of a session.
    BackchannelLogoutSucceeded = "oidc_backchannel_logout_succeeded",
    /// An application did not take note of the end of a session, however often it was told.
    BackchannelLogoutFailed = "oidc_backchannel_logout_failed",
    /// Silent authentication answered with a code or token.
    SilentAuthSucceeded = "ssa",
    /// Silent authentication refused.
    SilentAuthFailed = "fsa",
    /// A request that a client sent ahead was not kept.
    PushedAuthorizationFailed = "fpar",
    /// Code exchanged.
    CodeExchanged = "seacft",
    /// Code not exchanged.
    CodeExchangeFailed = "feacft",
    /// Token issued to a machine.
    ClientCredentialsExchanged = "seccft",
    /// Token refused to a machine.
    ClientCredentialsFailed = "feccft",
    /// Refresh token exchanged.
    RefreshTokenExchanged = "sertft",
    /// A refresh token was repeated before its successor was seen, and answered again.
    RefreshTokenRepeated = "refresh_token_repeated",
    /// A client gave up what it was granted.
    RefreshTokenRevoked = "srrt",
    /// Refresh token not exchanged.
    RefreshTokenFailed = "fertft",
    /// A rotating refresh token was used again: its family is revoked.
    RefreshTokenReused = "ferrt",
    /// Tokens issued for a password.
    PasswordExchanged = "sepft",
    /// Tokens refused for a password.
    PasswordExchangeFailed = "fepft",
    /// The person moved: the password is now ours.
    UserMigrated = "migrated",
    /// A provider of which the people are ours named somebody whom we knew; it may do so again.
    IdentityAttached = "identity_attached",
    /// The source could not be asked; nobody was let in and nothing was counted.
    SourceUnavailable = "source_unavailable",
    /// The source asks us to slow down.
    SourceThrottled = "source_throttled",
    /// The source demands a second factor that cannot be carried out here.
    SourceMfaRequired = "source_mfa_required",
    /// The source has blocked the person.
    SourceBlocked = "source_blocked",
    /// An account is open again before its time.
    BlockReleased = "ublkdu",
    /// An address was confirmed.
    EmailVerified = "sv",
    /// An address was not confirmed.
    VerificationFailed = "fv",
    /// A link to confirm an address was sent.
    VerificationRequested = "svr",
    /// A link to confirm an address was not sent.
    VerificationRequestFailed = "fvr",
    /// A link to choose a new password was sent.
    PasswordResetRequested = "scpr",
    /// A link to choose a new password was asked for and not sent.
    PasswordResetRequestFailed = "fcpr",
    /// A new password was chosen.
    PasswordChanged = "scp",
    /// No new password was chosen.
    PasswordChangeFailed = "fcp",
    /// A user was deleted.
    UserDeleted = "sdu",
    /// Users were imported.
    UsersImported = "sui",
    /// An import stopped, or was given up.
    UsersImportFailed = "fui",
    /// Work for later was given up, such as a mail that cannot be sent.
    NotificationFailed = "fn",
    /// A client has registered itself.
    ClientRegistered = "client_registered",
    /// The Management API changed something.
    ManagementWrite = "sapi",
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its id, which sorts by time.
    pub log_id: EventId,
    /// When it happened.
    pub date: Timestamp,
    /// The code of its [`EventType`].
    #[serde(rename = "type")]
    pub code: String,
    /// One sentence.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
    /// Name of the connection.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub connection: Option<String>,
    /// Id of the connection.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub connection_id: Option<String>,
    /// The client.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client_id: Option<ClientId>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client_name: Option<String>,
    /// The peer's address.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ip: Option<String>,
    /// The peer's user agent, cut to 512 characters.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user_agent: Option<String>,
    /// The user, when known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user_id: Option<UserId>,
    /// What the person typed as a name, or the user's address.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user_name: Option<String>,
    /// The API asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub audience: Option<String>,
    /// The scope asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scope: Option<String>,
    /// Whatever else is worth keeping; never a secret.
    #[serde(default)]
    pub details: JsonObject,
}
