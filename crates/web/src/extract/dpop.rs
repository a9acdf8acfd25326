//! The `DPoP` header (RFC 9449 4.1).

use flows::dpop::PresentedProof;
use http::HeaderMap;

/// There are several headers, or one that is no text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ManyProofs;

/// The proof that came with a call, as it stands in the header.
#[derive(Clone, Debug)]
pub(crate) struct ProofHeader(String);

impl ProofHeader {
    /// The one header, if there is any.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Option<Self>, ManyProofs> {
        let mut values = headers.get_all("dpop").iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(only), None) => only.to_str().map(|text| Some(ProofHeader(text.to_owned()))).map_err(|_| ManyProofs),
            (Some(_), Some(_)) => Err(ManyProofs),
        }
    }

    /// The proof of a call with this method, at this path within the issuer.
    pub(crate) fn with<'a>(&'a self, method: &'a str, path: &'a str) -> PresentedProof<'a> {
        PresentedProof { text: &self.0, method, path }
    }
}
