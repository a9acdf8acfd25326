//! `/user-blocks` and `/anomaly/blocks/ips`.

pub(crate) mod docs;

use axum::Json;
use axum::response::{IntoResponse, Response};
use flows::management::blocks::{self, Block};
use http::StatusCode;
use model::UserId;
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::Answer;
use super::call::{Call, Id};
use crate::errors::management::Failure;

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "UserBlocks")]
struct BlocksBody<'a> {
    blocked_for: Vec<BlockBody<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "UserBlock")]
struct BlockBody<'a> {
    identifier: &'a str,
    ip: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<&'a str>,
}

impl<'a> From<&'a Block> for BlockBody<'a> {
    fn from(block: &'a Block) -> Self {
        BlockBody { identifier: &block.identifier, ip: &block.address, connection: block.connection.as_deref() }
    }
}

fn shown(blocks: &[Block]) -> Response {
    Json(BlocksBody { blocked_for: blocks.iter().map(BlockBody::from).collect() }).into_response()
}

/// `GET /user-blocks`
pub(crate) async fn of_identifier(call: Call) -> Answer {
    Ok(shown(&blocks::of_identifier(&call.services, &call.cx, &call.caller, &call.query).await?))
}

/// `GET /user-blocks/{id}`
pub(crate) async fn of_user(call: Call, Id(id): Id) -> Answer {
    Ok(shown(&blocks::of_user(&call.services, &call.cx, &call.caller, &UserId::new(id)).await?))
}

/// `DELETE /user-blocks`
pub(crate) async fn release_identifier(call: Call) -> Result<StatusCode, Failure> {
    blocks::release_identifier(&call.services, &call.cx, &call.caller, &call.query).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /user-blocks/{id}`
pub(crate) async fn release_user(call: Call, Id(id): Id) -> Result<StatusCode, Failure> {
    blocks::release_user(&call.services, &call.cx, &call.caller, &UserId::new(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /anomaly/blocks/ips/{ip}`
pub(crate) async fn of_address(call: Call, Id(address): Id) -> Result<StatusCode, Failure> {
    blocks::of_address(&call.services, &call.cx, &call.caller, &address).await?;
    Ok(StatusCode::OK)
}

/// `DELETE /anomaly/blocks/ips/{ip}`
pub(crate) async fn release_address(call: Call, Id(address): Id) -> Result<StatusCode, Failure> {
    blocks::release_address(&call.services, &call.cx, &call.caller, &address).await?;
    Ok(StatusCode::NO_CONTENT)
}
