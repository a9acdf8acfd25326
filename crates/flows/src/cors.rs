//! Which pages may call us from a browser (WHATWG Fetch 3.2).

use model::ClientId;
use protocol::subdomain_wildcards::is_pattern;

use crate::{InternalError, Services};

/// Whether pages of this origin may call on behalf of the client; where no client is known, of any.
///
/// It is the client's operator whom this protects, not us: calls carry no cookie, so a page can do with them only
/// what a program could do anywhere.
pub async fn may_call(svc: &Services, origin: &str, client: Option<&ClientId>) -> Result<bool, InternalError> {
    let mut db = svc.store.read().await?;
    // A wildcard is kept as an origin among those of a client, and is none.
    if !is_pattern(origin) && store::clients::is_origin(&mut db, origin, client).await? {
        return Ok(true);
    }
    match svc.settings.subdomain_wildcards.pattern_over(origin) {
        Some(pattern) => Ok(store::clients::is_origin(&mut db, &pattern, client).await?),
        None => Ok(false),
    }
}
