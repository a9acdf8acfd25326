//! An API that verifies our access tokens as libraries do.

use keys::{ForeignKeys, TokenRefused};

use crate::App;

/// Verifies tokens with the keys it fetched last, and fetches them again only when it meets one it does not know.
pub struct TokenVerifier {
    node: App,
    keys: ForeignKeys,
    fetched: usize,
}

impl TokenVerifier {
    /// One that fetches its keys from this node.
    pub async fn of(node: &App) -> Self {
        TokenVerifier { node: node.clone(), keys: fetch(node).await, fetched: 1 }
    }

    /// How often it has fetched keys.
    pub fn fetched(&self) -> usize {
        self.fetched
    }

    /// Whether the signature is good.
    pub async fn verify(&mut self, token: &str) -> Result<(), TokenRefused> {
        match self.keys.verify(token, &["JWT", "at+jwt"]) {
            Err(TokenRefused::UnknownKey) => {
                self.keys = fetch(&self.node).await;
                self.fetched += 1;
                self.keys.verify(token, &["JWT", "at+jwt"]).map(|_| ())
            }
            verified => verified.map(|_| ()),
        }
    }
}

async fn fetch(node: &App) -> ForeignKeys {
    let published = node.get("/.well-known/jwks.json").await.json();
    ForeignKeys::from_jwks(&published).expect("we publish a JWK set")
}
