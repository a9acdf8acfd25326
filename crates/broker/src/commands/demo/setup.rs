//! What an operator would do through the Management API and `landbridge import`, done through the same flows.

use std::io::{self, Cursor};

use anyhow::{Context, anyhow};
use flows::management::{Body, Caller, Refused, client_grants, clients, connections};
use flows::migration::import::{Format, ImportObserver, ImportRequest, RefusedRow, Summary, import};
use flows::{RequestContext, Services};
use model::ClientId;
use protocol::client_authentication::{Presented, PresentedSecret, Proof};
use protocol::token::{ClientCredentialsRequest, TokenRequest};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{Ports, Ready, people};
use crate::wiring::own_context;

const CONNECTION: &str = "Username-Password-Authentication";
const APPLICATION: &str = "harbour-notes";
const MIGRATION: &str = "landbridge-migration";

/// Sets up what is not there yet, and says how the application finds the broker.
pub(super) async fn set_up(old: &Ready, new: &Ready, ports: Ports) -> Result<sample::Settings, anyhow::Error> {
    let (old, new) = (Operator::of(old).await?, Operator::of(new).await?);
    let migration_secret = set_up_old(&old).await?;
    let mut application = sample::Settings {
        base_url: format!("http://localhost:{}/", ports.application).parse()?,
        issuer: new.services.settings.issuer.clone(),
        client_id: APPLICATION.to_owned(),
        client_secret: None,
        audience: None,
        name: "Harbour Notes".to_owned(),
    };
    new.create_client(&json!({
        "client_id": APPLICATION,
        "name": "Harbour Notes",
        "app_type": "regular_web",
        "callbacks": [application.callback_url()],
        "allowed_logout_urls": [application.post_logout_redirect_url()],
        "grant_types": ["authorization_code", "refresh_token"],
    }))
    .await?;
    new.create_connection(&json!({
        "name": CONNECTION,
        "strategy": "auth0",
        "enabled_clients": [APPLICATION],
        "options": { "source": {
            "strategy": "auth0",
            "issuer": old.services.settings.issuer,
            "client_id": MIGRATION,
            "client_secret": migration_secret,
            "realm": CONNECTION,
            "just_in_time": true,
            "read_profiles": true,
        } },
    }))
    .await?;
    new.import(Format::Auth0Export, people::known()).await?;
    application.client_secret = Some(new.client_secret(APPLICATION).await?);
    Ok(application)
}

/// The old provider: a connection full of people, and the client by which the broker asks about them.
async fn set_up_old(old: &Operator<'_>) -> Result<String, anyhow::Error> {
    old.create_client(&json!({
        "client_id": MIGRATION,
        "name": "Landbridge",
        "app_type": "regular_web",
        "grant_types": ["http://auth0.com/oauth/grant-type/password-realm", "client_credentials"],
        "is_token_endpoint_ip_header_trusted": true,
    }))
    .await?;
    let audience = old.services.settings.management_audience();
    let grant = json!({ "client_id": MIGRATION, "audience": audience, "scope": ["read:users"] });
    ignore_existing(client_grants::create(old.services, &old.cx, &old.caller, &body(&grant)).await)?;
    old.create_connection(&json!({ "name": CONNECTION, "strategy": "auth0", "enabled_clients": [MIGRATION] })).await?;
    old.import(Format::Auth0Import, people::with_hashes()).await?;
    old.client_secret(MIGRATION).await
}

/// Somebody with a token for the Management API.
struct Operator<'a> {
    services: &'a Services,
    cx: RequestContext,
    caller: Caller,
}

impl<'a> Operator<'a> {
    async fn of(broker: &'a Ready) -> Result<Self, anyhow::Error> {
        let Ready { services, administrator, .. } = broker;
        let cx = own_context("demo");
        let secret = PresentedSecret::new(administrator.client_secret.expose_secret());
        let proof = secret.map_or(Proof::Name, Proof::Post);
        let presented = Presented { client_id: administrator.client_id.clone(), proof };
        let audience = Some(services.settings.management_audience());
        let request = TokenRequest::ClientCredentials(ClientCredentialsRequest { audience, scope: None });
        let call = flows::grants::TokenCall { presented: &presented, request, forwarded_for: None, proof: None };
        let issued = Box::pin(flows::grants::exchange(services, &cx, call)).await?;
        let caller = Caller::authenticate(services, &cx, &issued.access_token).await?;
        Ok(Operator { services, cx, caller })
    }

    async fn create_client(&self, wanted: &Value) -> Result<(), anyhow::Error> {
        ignore_existing(clients::create(self.services, &self.cx, &self.caller, &body(wanted)).await)
    }

    async fn create_connection(&self, wanted: &Value) -> Result<(), anyhow::Error> {
        ignore_existing(connections::create(self.services, &self.cx, &self.caller, &body(wanted)).await)
    }

    async fn client_secret(&self, id: &str) -> Result<String, anyhow::Error> {
        let shown = clients::get(self.services, &self.caller, &ClientId::new(id)).await.map_err(described)?;
        let secret = shown.secret.with_context(|| format!("the client {id} has no secret"))?;
        Ok(secret.expose_secret().to_owned())
    }

    async fn import(&self, format: Format, people: Vec<u8>) -> Result<(), anyhow::Error> {
        let request =
            ImportRequest { connection: CONNECTION.to_owned(), format: Some(format), ..ImportRequest::default() };
        let summary = import(self.services, &self.cx, &request, Cursor::new(people), &mut Unwatched).await?;
        if summary.refused > 0 {
            return Err(anyhow!("{} of the demo's people were refused", summary.refused));
        }
        Ok(())
    }
}

fn body(value: &Value) -> Body {
    Body::new(value.to_string().into_bytes())
}

/// The demo may have been here before.
fn ignore_existing<T>(outcome: Result<T, Refused>) -> Result<(), anyhow::Error> {
    match outcome {
        Ok(_) | Err(Refused::Exists(_)) => Ok(()),
        Err(refused) => Err(described(refused)),
    }
}

fn described(refused: Refused) -> anyhow::Error {
    anyhow!(refused).context("cannot set up the demo")
}

/// The demo's imports take a moment, and nothing in them is refused.
struct Unwatched;

impl ImportObserver for Unwatched {
    fn progress(&mut self, _: &Summary) {}

    fn refused(&mut self, _: RefusedRow) -> io::Result<()> {
        Ok(())
    }
}
