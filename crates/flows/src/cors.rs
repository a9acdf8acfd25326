//! Which pages may call us from a browser (WHATWG Fetch 3.2).

use model::ClientId;

use crate::{InternalError, Services};

/// Whether pages of this origin may call on behalf of the client; where no client is known, of any.
///
/// It is the client's operator whom this protects, not us: calls carry no cookie, so a page can do with them only
/// what a program could do anywhere.
pub async fn may_call(svc: &Services, origin: &str, client: Option<&ClientId>) -> Result<bool, InternalError> {
    Ok(store::clients::is_origin(&mut svc.store.read().await?, origin, client).await?)
}
