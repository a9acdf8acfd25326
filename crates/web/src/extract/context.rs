use axum::extract::FromRequestParts;
use flows::RequestContext;
use http::request::Parts;

/// The facts of the call, which the outermost middleware put there.
pub(crate) struct Cx(pub(crate) RequestContext);

impl<S: Send + Sync> FromRequestParts<S> for Cx {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let context = parts.extensions.get::<RequestContext>();
        Ok(Cx(context.expect("the context middleware wraps every route").clone()))
    }
}
