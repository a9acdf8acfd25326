//! How a client authenticates: with a secret, with keys of its own, or not at all. And with which keys it signs its
//! requests.

use model::CredentialId;
use model::client::{Client, SignedRequestObject};
use protocol::client_metadata::TokenEndpointAuthMethod;

use super::super::body::{BodyInvalid, Fields};

/// As many as it takes to replace one without a gap.
const MOST_CREDENTIALS: usize = 2;

/// Auth0 says `null` for the one property where the other counts, and so do callers; what they say must agree.
pub(super) fn apply(client: &mut Client, fields: &mut Fields) -> Result<(), BodyInvalid> {
    let clears_keys = fields.take_null("client_authentication_methods");
    let clears_method = fields.take_null("token_endpoint_auth_method");
    let method = fields.take("token_endpoint_auth_method")?;
    let keys = fields.nested("client_authentication_methods")?.map(private_key_jwt).transpose()?;
    match (method, keys) {
        (Some(_), Some(_)) => {
            let problem = "must be null beside client_authentication_methods";
            return Err(fields.wrong("token_endpoint_auth_method", problem));
        }
        (Some(method), None) => set(client, method, Vec::new()),
        (None, Some(keys)) => set(client, TokenEndpointAuthMethod::PrivateKeyJwt, keys),
        (None, None) if clears_keys && is_signing(client) => {
            let problem = "must be given where client_authentication_methods is null";
            return Err(fields.wrong("token_endpoint_auth_method", problem));
        }
        (None, None) if clears_method && !is_signing(client) => {
            let problem = "can only be null beside client_authentication_methods";
            return Err(fields.wrong("token_endpoint_auth_method", problem));
        }
        (None, None) => {}
    }
    Ok(())
}

fn set(client: &mut Client, method: TokenEndpointAuthMethod, keys: Vec<CredentialId>) {
    client.token_endpoint_auth_method = method;
    client.private_key_jwt_credentials = keys;
}

fn is_signing(client: &Client) -> bool {
    client.token_endpoint_auth_method == TokenEndpointAuthMethod::PrivateKeyJwt
}

/// With which keys the client signs its requests; `null` where with none.
pub(super) fn apply_request_object(client: &mut Client, fields: &mut Fields) -> Result<(), BodyInvalid> {
    if fields.take_null("signed_request_object") {
        client.signed_request_object = None;
    }
    let Some(mut object) = fields.nested("signed_request_object")? else { return Ok(()) };
    let credentials = credentials(&mut object)?;
    let required = object.take("required")?.unwrap_or(false);
    object.finish()?;
    client.signed_request_object = Some(SignedRequestObject { required, credentials });
    Ok(())
}

fn private_key_jwt(mut methods: Fields) -> Result<Vec<CredentialId>, BodyInvalid> {
    let missing = BodyInvalid::Missing { path: methods.path_of("private_key_jwt") };
    let mut method = methods.nested("private_key_jwt")?.ok_or(missing)?;
    methods.finish()?;
    let ids = credentials(&mut method)?;
    method.finish()?;
    Ok(ids)
}

/// Whether they are the client's is for the write that stores them to see.
fn credentials(method: &mut Fields) -> Result<Vec<CredentialId>, BodyInvalid> {
    let missing = BodyInvalid::Missing { path: method.path_of("credentials") };
    let listed = method.nested_list("credentials")?.ok_or(missing)?;
    if !(1..=MOST_CREDENTIALS).contains(&listed.len()) {
        return Err(method.wrong("credentials", format!("must have between 1 and {MOST_CREDENTIALS} entries")));
    }
    let id = |mut entry: Fields| {
        let id = CredentialId::new(entry.require::<String>("id")?);
        entry.finish().map(|()| id)
    };
    listed.into_iter().map(id).collect()
}
