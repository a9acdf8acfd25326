//! Records, written straight into the store: what a test is about should be the only thing it spells out.

use std::collections::BTreeSet;

use credentials::password::{FORMATS, Hasher, Parameters, Prepared};
use flows::client_authentication::seal_secret;
use model::client::{Client, ClientGrant};
use model::connection::{Connection, Source};
use model::provider::Provider;
use model::resource_server::{ApiScope, ResourceServer, TokenDialect};
use model::role::{Permission, Role};
use model::settings::TenantSettings;
use model::user::{Identity, PasswordCredential, Profile, StoredPassword, User};
use model::{ClientGrantId, ClientId, ConnectionId, ResourceServerId, RoleId, UserId};
use protocol::client_metadata::{AppType, GrantType, TokenEndpointAuthMethod};
use protocol::scope::ScopeSet;
use store::connections::StoredConnection;
use store::users::Stored;
use store::{Reader, WriteTx};

use crate::app::HASH_KIB;
use crate::provider::CLIENT_SECRET;
use crate::{Answer, App, RelyingParty};

/// The machine client that may do everything.
pub(crate) const BOOTSTRAP_CLIENT: &str = "bootstrap";
pub(crate) const BOOTSTRAP_SECRET: &str = "the secret of the bootstrap client";

/// The names of all formats in which a password hash may be imported.
pub fn hash_formats() -> impl Iterator<Item = &'static str> {
    FORMATS.iter().map(|format| format.name)
}

/// A password of ours, hashed as an [`App`] does it.
pub fn native(password: &str) -> PasswordCredential {
    hashed(HASH_KIB, password)
}

/// A password of ours from a time when hashes were cheaper.
pub fn outdated(password: &str) -> PasswordCredential {
    hashed(HASH_KIB / 4, password)
}

fn hashed(memory_kib: u32, password: &str) -> PasswordCredential {
    let hasher = Hasher::new(Parameters::new(memory_kib, 1, 1).expect("what argon2 allows"), 1);
    let prepared = Prepared::new(password).expect("a password of bounded length");
    PasswordCredential::Native { hash: hasher.hash(&prepared, [7; 16]) }
}

impl App {
    /// A web application with a secret: codes, refresh tokens, one callback, one logout URL.
    pub async fn add_client(&self, name: &str, change: impl FnOnce(&mut Client)) -> RelyingParty {
        let mut client = self.usual_client(name);
        change(&mut client);
        let secret = (!client.is_public()).then(|| format!("the secret of {name}"));
        let sealed = secret.as_deref().map(|secret| seal_secret(&self.services, &client.client_id, secret));
        let mut tx = self.write().await;
        assert!(store::clients::insert(&mut tx, &client, sealed.as_ref()).await.expect("a new client can be stored"));
        commit(tx).await;
        let redirect_uri = client.callbacks.first().cloned().unwrap_or_default();
        RelyingParty { client_id: client.client_id, secret, redirect_uri }
    }

    fn usual_client(&self, name: &str) -> Client {
        Client {
            callbacks: vec![format!("https://{name}.test/cb")],
            allowed_logout_urls: vec![format!("https://{name}.test/bye")],
            grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            ..Client::new(ClientId::new(name), format!("The {name} application"), AppType::RegularWeb, self.now())
        }
    }

    /// A client that cannot keep a secret.
    pub async fn add_public_client(&self, name: &str, app_type: AppType) -> RelyingParty {
        self.add_client(name, |client| {
            client.app_type = app_type;
            client.token_endpoint_auth_method = TokenEndpointAuthMethod::None;
        })
        .await
    }

    /// The bootstrap client.
    pub fn bootstrap_client(&self) -> RelyingParty {
        let client_id = ClientId::new(BOOTSTRAP_CLIENT);
        RelyingParty { client_id, secret: Some(BOOTSTRAP_SECRET.to_owned()), redirect_uri: String::new() }
    }

    /// A token with every scope of the Management API.
    pub async fn management_token(&self) -> String {
        let audience = self.services.settings.management_audience();
        let fields = [("grant_type", "client_credentials"), ("audience", audience.as_str())];
        let answer: Answer = self.token(&self.bootstrap_client().with_credentials(&fields)).await;
        answer.text("access_token")
    }

    /// A database connection, enabled for these clients.
    pub async fn add_connection(
        &self,
        name: &str,
        clients: &[&RelyingParty],
        change: impl FnOnce(&mut Connection),
    ) -> Connection {
        let mut connection = Connection::new(ConnectionId::new(format!("con_{name}")), name, self.now());
        connection.enabled_clients = clients.iter().map(|client| client.client_id.clone()).collect();
        change(&mut connection);
        let stored = StoredConnection::from(connection);
        let mut tx = self.write().await;
        assert!(store::connections::insert(&mut tx, &stored).await.expect("a new connection can be stored"));
        commit(tx).await;
        stored.connection
    }

    /// A connection of this strategy with a provider, at which our client has the secret of the test kit.
    pub async fn add_provider(
        &self,
        name: &str,
        strategy: &str,
        clients: &[&RelyingParty],
        provider: Provider,
    ) -> Connection {
        let describe = |connection: &mut Connection| {
            strategy.clone_into(&mut connection.strategy);
            connection.provider = Some(provider);
        };
        let connection = self.add_connection(name, clients, describe).await;
        // The words of `flows::management::connections`, without which the secret does not open.
        let (services, id) = (&self.services, connection.id.as_str());
        let sealed = services.sealer.seal(&*services.entropy, "provider secret", id, CLIENT_SECRET.as_bytes());
        self.change_stored_connection(&connection.id, |stored| stored.provider_secret_sealed = Some(sealed)).await;
        connection
    }

    /// Gives a connection a source, at which our client has this secret.
    pub async fn set_source(&self, id: &ConnectionId, source: Source, secret: &str) {
        // The words of `flows::management::connections`, without which the secret does not open.
        let sealed =
            self.services.sealer.seal(&*self.services.entropy, "source secret", id.as_str(), secret.as_bytes());
        self.change_stored_connection(id, |stored| {
            stored.connection.source = Some(source);
            stored.source_secret_sealed = Some(sealed);
        })
        .await;
    }

    /// Changes a connection.
    pub async fn change_connection(&self, id: &ConnectionId, change: impl FnOnce(&mut Connection)) {
        self.change_stored_connection(id, |stored| change(&mut stored.connection)).await;
    }

    async fn change_stored_connection(&self, id: &ConnectionId, change: impl FnOnce(&mut StoredConnection)) {
        let mut tx = self.write().await;
        let found = store::connections::find(&mut tx, id).await.expect("connections can be read");
        let mut stored = found.expect("a connection to change");
        change(&mut stored);
        assert!(store::connections::update(&mut tx, &stored).await.expect("a connection can be changed"));
        commit(tx).await;
    }

    /// An API with these scopes.
    pub async fn add_api(&self, identifier: &str, scopes: &[&str], change: impl FnOnce(&mut ResourceServer)) {
        let scope = |value: &&str| ApiScope { value: (*value).to_owned(), description: None };
        let mut api = ResourceServer {
            id: ResourceServerId::new(format!("id of {identifier}")),
            identifier: identifier.to_owned(),
            name: identifier.to_owned(),
            scopes: scopes.iter().map(scope).collect(),
            allow_offline_access: true,
            token_lifetime: 3600,
            token_lifetime_for_web: 3600,
            token_dialect: TokenDialect::AccessToken,
            enforce_policies: false,
            skip_consent_for_verifiable_first_party_clients: true,
            proof_of_possession: None,
            is_system: false,
            created_at: self.now(),
            updated_at: self.now(),
            version: 1,
        };
        change(&mut api);
        let mut tx = self.write().await;
        assert!(store::resource_servers::insert(&mut tx, &api).await.expect("a new API can be stored"));
        commit(tx).await;
    }

    /// Changes an API.
    pub async fn change_api(&self, identifier: &str, change: impl FnOnce(&mut ResourceServer)) {
        let mut tx = self.write().await;
        let found = store::resource_servers::find(&mut tx, identifier).await.expect("APIs can be read");
        let mut api = found.expect("an API to change");
        change(&mut api);
        assert!(store::resource_servers::update(&mut tx, &api).await.expect("an API can be changed"));
        commit(tx).await;
    }

    /// A role that permits these scopes of an API.
    pub async fn add_role(&self, name: &str, audience: &str, scopes: &[&str]) -> RoleId {
        let id = RoleId::new(format!("rol_{name}"));
        let role =
            Role { id: id.clone(), name: name.to_owned(), description: None, created_at: self.now(), version: 1 };
        let mut tx = self.write().await;
        assert!(store::roles::insert(&mut tx, &role).await.expect("a new role can be stored"));
        let permissions = permissions(audience, scopes);
        store::permissions::give_to_role(&mut tx, &id, &permissions).await.expect("a role can permit more");
        commit(tx).await;
        id
    }

    /// Gives somebody a role.
    pub async fn assign_role(&self, user_id: &UserId, role: &RoleId) {
        let mut tx = self.write().await;
        assert!(store::roles::assign(&mut tx, user_id, role, self.now()).await.expect("roles can be given"));
        commit(tx).await;
    }

    /// Takes a role from somebody.
    pub async fn take_role(&self, user_id: &UserId, role: &RoleId) {
        let mut tx = self.write().await;
        assert!(store::roles::take(&mut tx, user_id, role).await.expect("roles can be taken"));
        commit(tx).await;
    }

    /// Permits somebody these scopes of an API, without a role.
    pub async fn permit(&self, user_id: &UserId, audience: &str, scopes: &[&str]) {
        let mut tx = self.write().await;
        let given = store::permissions::give_to_user(&mut tx, user_id, &permissions(audience, scopes)).await;
        assert!(given.expect("people can be permitted more"));
        commit(tx).await;
    }

    /// Lets a machine client use an API.
    pub async fn add_client_grant(&self, client: &RelyingParty, audience: &str, scope: &str) {
        let grant = ClientGrant {
            id: ClientGrantId::new(format!("cgr_{} {audience}", client.client_id)),
            client_id: client.client_id.clone(),
            audience: audience.to_owned(),
            scope: ScopeSet::parse(scope),
            created_at: self.now(),
            updated_at: self.now(),
        };
        let mut tx = self.write().await;
        assert!(store::client_grants::insert(&mut tx, &grant).await.expect("a new grant can be stored"));
        commit(tx).await;
    }

    /// Somebody with a verified address; without a credential they have no password at all.
    pub async fn add_user(
        &self,
        connection: &Connection,
        user_id: &str,
        email: &str,
        credential: Option<PasswordCredential>,
    ) -> UserId {
        let user_id = UserId::new(user_id);
        let identity = Identity::primary(connection, user_id.external_id());
        let profile = Profile { email: Some(email.to_owned()), email_verified: true, ..Profile::default() };
        let user = User::new(user_id.clone(), profile, vec![identity], self.now());
        let mut tx = self.write().await;
        assert_eq!(store::users::insert(&mut tx, &user).await.expect("a new user can be stored"), Stored::Done);
        if let Some(credential) = credential {
            let stored = store::passwords::insert(&mut tx, &user_id, &credential, self.now()).await;
            assert!(stored.expect("a first password can be stored"));
        }
        commit(tx).await;
        user_id
    }

    /// A connection as stored.
    pub async fn find_connection(&self, name: &str) -> Option<Connection> {
        let found = store::connections::find_by_name(&mut self.read().await, name).await;
        found.expect("connections can be read").map(|stored| stored.connection)
    }

    /// A user as stored.
    pub async fn find_user(&self, id: &UserId) -> Option<User> {
        store::users::find(&mut self.read().await, id).await.expect("users can be read")
    }

    /// What is known of a user's password.
    pub async fn find_password(&self, id: &UserId) -> Option<StoredPassword> {
        store::passwords::find(&mut self.read().await, id).await.expect("passwords can be read")
    }

    /// Changes a user.
    pub async fn change_user(&self, id: &UserId, change: impl FnOnce(&mut User)) {
        let mut tx = self.write().await;
        let found = store::users::find(&mut tx, id).await.expect("users can be read");
        let mut user = found.expect("a user to change");
        change(&mut user);
        assert_eq!(store::users::update(&mut tx, &user).await.expect("a user can be changed"), Stored::Done);
        commit(tx).await;
    }

    /// Replaces a user's password, as an administrator does.
    pub async fn change_password(&self, id: &UserId, credential: &PasswordCredential) {
        let mut tx = self.write().await;
        let found = store::passwords::find(&mut tx, id).await.expect("passwords can be read");
        let version = found.expect("a password to change").version;
        let replaced = store::passwords::replace(&mut tx, id, version, credential, self.now()).await;
        assert!(replaced.expect("a password can be replaced"));
        commit(tx).await;
    }

    /// Deletes a user.
    pub async fn delete_user(&self, id: &UserId) {
        let mut tx = self.write().await;
        assert!(store::users::delete(&mut tx, id, self.now()).await.expect("a user can be deleted"));
        commit(tx).await;
    }

    /// Changes a client.
    pub async fn change_client(&self, id: &ClientId, change: impl FnOnce(&mut Client)) {
        let mut tx = self.write().await;
        let found = store::clients::find(&mut tx, id).await.expect("clients can be read");
        let mut client = found.expect("a client to change").client;
        change(&mut client);
        assert!(store::clients::update(&mut tx, &client).await.expect("a client can be changed"));
        commit(tx).await;
    }

    /// Deletes a client.
    pub async fn delete_client(&self, id: &ClientId) {
        let mut tx = self.write().await;
        assert!(store::clients::delete(&mut tx, id).await.expect("a client can be deleted"));
        commit(tx).await;
    }

    /// Changes what holds for the whole deployment.
    pub async fn change_tenant(&self, change: impl FnOnce(&mut TenantSettings)) {
        let mut tx = self.write().await;
        let mut tenant = store::settings::tenant(&mut tx).await.expect("settings can be read");
        change(&mut tenant);
        store::settings::put_tenant(&mut tx, &tenant).await.expect("settings can be stored");
        commit(tx).await;
    }

    async fn read(&self) -> Reader {
        self.services.store.read().await.expect("the database can be read")
    }

    async fn write(&self) -> WriteTx {
        self.services.store.write().await.expect("the database can be written to")
    }
}

fn permissions(audience: &str, scopes: &[&str]) -> BTreeSet<Permission> {
    let permission = |name: &&str| Permission { audience: audience.to_owned(), name: (*name).to_owned() };
    scopes.iter().map(permission).collect()
}

async fn commit(tx: WriteTx) {
    tx.commit().await.expect("the database keeps what is written");
}
