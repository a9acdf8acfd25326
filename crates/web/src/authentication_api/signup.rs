//! `POST /dbconnections/signup`, from a form or a JSON object alike.

pub(crate) mod docs;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use flows::dbconnections::sign_up;
use model::JsonObject;
use model::user::User;
use schemars::JsonSchema;
use serde::Serialize;

use crate::errors::authentication_api::Failure;
use crate::extract::{Cx, object_body};
use crate::state::AppState;

/// Somebody new, as Auth0 shows them here: by the id without the provider.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NewUser")]
struct NewUserBody<'a> {
    #[serde(rename = "_id")]
    id: &'a str,
    email: Option<&'a str>,
    email_verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nickname: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    given_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<&'a str>,
    #[serde(skip_serializing_if = "JsonObject::is_empty")]
    user_metadata: &'a JsonObject,
}

impl<'a> From<&'a User> for NewUserBody<'a> {
    fn from(user: &'a User) -> Self {
        let profile = &user.profile;
        NewUserBody {
            id: user.user_id.external_id(),
            email: profile.email.as_deref(),
            email_verified: profile.email_verified,
            username: profile.username.as_deref(),
            phone_number: profile.phone_number.as_deref(),
            name: profile.name.as_deref(),
            nickname: profile.nickname.as_deref(),
            given_name: profile.given_name.as_deref(),
            family_name: profile.family_name.as_deref(),
            picture: profile.picture.as_deref(),
            user_metadata: &user.user_metadata,
        }
    }
}

/// Creates an account.
pub(crate) async fn post(State(state): State<AppState>, Cx(cx): Cx, request: Request) -> Result<Response, Failure> {
    let body = object_body(request).await.map_err(|refused| Failure::unreadable(&refused))?;
    let user = Box::pin(sign_up(&state.services, &cx, &body)).await?;
    Ok(Json(NewUserBody::from(&user)).into_response())
}
