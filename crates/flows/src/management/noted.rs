//! What operators note beside sessions and refresh tokens.

use model::JsonObject;

use super::text::check_string_pairs;
use super::{Body, BodyInvalid};

/// How many properties it may have, as at Auth0.
const MOST: usize = 25;

/// What the one property that a body may have says: `null` empties, and none changes nothing.
pub(super) fn read(body: &Body, name: &str) -> Result<Option<JsonObject>, BodyInvalid> {
    let mut fields = body.object()?;
    let emptied = fields.take_null(name).then(JsonObject::new);
    let noted: Option<JsonObject> = emptied.or(fields.take(name)?);
    fields.finish()?;
    noted.as_ref().map(|noted| check_string_pairs(name, noted, MOST)).transpose()?;
    Ok(noted)
}
