//! Files the pages refer to, served below `/u/assets/`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::PagesError;
use super::files::{PageFile, PageFiles};

/// A file to serve.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Its content.
    pub bytes: Bytes,
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// A strong entity tag, quotes included (RFC 9110 8.8.3).
    pub etag: String,
}

/// All assets, held in memory by their name, so that a name from a request never touches the file system.
pub(super) struct Assets {
    by_name: BTreeMap<String, Asset>,
    version: String,
}

impl Assets {
    /// Reads them from the layers of files; later ones replace earlier ones.
    pub(super) fn read(layers: &[&PageFiles]) -> Result<Self, PagesError> {
        let mut by_name = BTreeMap::new();
        for (path, file) in layers.iter().copied().flatten() {
            if let Some(name) = path.strip_prefix("assets/") {
                by_name.insert(name.to_owned(), asset(name, file)?);
            }
        }
        let version = version(&by_name);
        Ok(Assets { by_name, version })
    }

    pub(super) fn get(&self, name: &str) -> Option<&Asset> {
        self.by_name.get(name)
    }

    pub(super) fn version(&self) -> &str {
        &self.version
    }
}

fn asset(name: &str, file: &PageFile) -> Result<Asset, PagesError> {
    let content_type = content_type(name).ok_or_else(|| PagesError::Unusable {
        file: file.origin.clone(),
        reason: "assets are .css, .svg, .png, .jpg, .webp, .ico or .woff2 files".to_owned(),
    })?;
    let digest = Sha256::digest(&file.bytes);
    Ok(Asset {
        bytes: Bytes::copy_from_slice(&file.bytes),
        content_type,
        etag: format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..12])),
    })
}

/// No type that a browser runs: pages have no script of their own.
fn content_type(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "png" => Some("image/png"),
        "jpg" => Some("image/jpeg"),
        "webp" => Some("image/webp"),
        "ico" => Some("image/x-icon"),
        "woff2" => Some("font/woff2"),
        _ => None,
    }
}

/// Changes when any asset does.
fn version(by_name: &BTreeMap<String, Asset>) -> String {
    let mut digest = Sha256::new();
    for (name, asset) in by_name {
        digest.update(name);
        digest.update(&asset.etag);
    }
    URL_SAFE_NO_PAD.encode(&digest.finalize()[..6])
}
