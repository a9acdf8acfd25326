//! What a source tells about a person.

use model::address::FoldedEmail;
use model::user::Profile;
use model::{JsonObject, Timestamp, UserId};

/// A person as a source describes them.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceProfile {
    /// The `sub` there, byte for byte, with its provider: `auth0|…`.
    pub user_id: UserId,
    /// Who it is. `email_verified` is what the source says.
    pub profile: Profile,
    /// What applications there let the person edit.
    pub user_metadata: JsonObject,
    /// What only applications there edit.
    pub app_metadata: JsonObject,
    /// The identities there, the primary one first. Empty when [`Self::origin`] is not the directory.
    pub identities: Vec<SourceIdentity>,
    /// Names of the second factors enrolled there. Empty when [`Self::origin`] is not the directory.
    pub multifactor: Vec<String>,
    /// Set once somebody there has blocked or unblocked the person.
    pub blocked: Option<bool>,
    /// How often the person signed in there.
    pub logins_count: Option<i64>,
    /// When the person last signed in there.
    pub last_login: Option<Timestamp>,
    /// When the password last changed there.
    pub last_password_reset: Option<Timestamp>,
    /// When the person was created there.
    pub created_at: Option<Timestamp>,
    /// Where all this was read.
    pub origin: ProfileOrigin,
}

impl SourceProfile {
    /// Somebody of whom only the description is known.
    pub(crate) fn described(user_id: UserId, profile: Profile, origin: ProfileOrigin) -> Self {
        SourceProfile {
            user_id,
            profile,
            user_metadata: JsonObject::new(),
            app_metadata: JsonObject::new(),
            identities: Vec::new(),
            multifactor: Vec::new(),
            blocked: None,
            logins_count: None,
            last_login: None,
            last_password_reset: None,
            created_at: None,
            origin,
        }
    }

    /// Whether the person can be asked for by this address, username or phone number. The nickname counts, because
    /// Auth0 puts a username there in tokens that have no claim for it.
    pub(crate) fn answers_to(&self, identifier: &str) -> bool {
        let asked = FoldedEmail::of(identifier);
        let Profile { email, username, phone_number, nickname, .. } = &self.profile;
        [email, username, phone_number, nickname].into_iter().flatten().any(|own| FoldedEmail::of(own) == asked)
    }
}

/// One identity of a person at a source.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceIdentity {
    /// The connection's name there.
    pub connection: String,
    /// Its strategy, such as `auth0` or `google-oauth2`.
    pub provider: String,
    /// The id within that connection, without the provider.
    pub external_id: String,
    /// What the connection said of a secondary identity.
    pub profile_data: Option<JsonObject>,
}

/// Where a source's description of a person was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileOrigin {
    /// The Management API: complete, with metadata.
    Directory,
    /// The ID token: no metadata, identities or dates.
    IdToken,
    /// The userinfo endpoint: no metadata, identities or dates.
    UserInfo,
}

impl ProfileOrigin {
    /// The label in events.
    pub fn as_str(self) -> &'static str {
        match self {
            ProfileOrigin::Directory => "directory",
            ProfileOrigin::IdToken => "id_token",
            ProfileOrigin::UserInfo => "userinfo",
        }
    }
}
