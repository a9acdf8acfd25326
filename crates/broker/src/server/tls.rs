//! The certificate, from files that may change while the broker runs.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use thiserror::Error;
use tokio_rustls::TlsAcceptor;
use zeroize::Zeroizing;

use crate::secrets::{PrivateFileError, read_private_file};

/// The certificate and its key cannot be used.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The key's file cannot be used.
    #[error(transparent)]
    Key(#[from] PrivateFileError),
    /// A file is not what it should be.
    #[error("{} holds no {what} in PEM form: {source}", path.display())]
    NotPem {
        /// Which.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// Why not.
        source: pem::Error,
    },
    /// The two do not go together.
    #[error("the certificate in {} cannot be used with the key in {}: {source}", certificate.display(), key.display())]
    Unusable {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// Why not.
        source: rustls::Error,
    },
}

/// What became of a look at the files.
#[derive(Debug)]
pub enum Reload {
    /// They are what they were.
    Unchanged,
    /// New connections get the new certificate.
    Replaced,
    /// They changed into something that cannot be used; the former certificate stays.
    Kept(TlsError),
}

/// A certificate that is replaced while connections are served.
pub struct TlsCertificate {
    files: Files,
    seen: Mutex<Pem>,
    current: RwLock<Arc<CertifiedKey>>,
}

struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// What was read from the files.
#[derive(PartialEq, Eq)]
struct Pem {
    certificate: Vec<u8>,
    key: Zeroizing<String>,
}

impl TlsCertificate {
    /// Reads the certificate and its key.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let files = Files { certificate: certificate.to_owned(), key: key.to_owned() };
        let pem = files.read()?;
        let current = RwLock::new(Arc::new(files.certified_key(&pem)?));
        Ok(TlsCertificate { files, seen: Mutex::new(pem), current })
    }

    /// Takes up what changed in the files. They are read and compared, since neither times nor sizes tell every change.
    /// A change that cannot be used is reported once, files that cannot be read every time.
    pub fn reload(&self) -> Reload {
        match self.files.read() {
            Err(error) => Reload::Kept(error),
            Ok(pem) => self.take_up(pem),
        }
    }

    fn take_up(&self, pem: Pem) -> Reload {
        let mut seen = self.seen.lock().expect("nothing panics while it holds the lock");
        if *seen == pem {
            return Reload::Unchanged;
        }
        let made = self.files.certified_key(&pem);
        *seen = pem;
        match made {
            Err(error) => Reload::Kept(error),
            Ok(key) => {
                *self.current.write().expect("nothing panics while it holds the lock") = Arc::new(key);
                Reload::Replaced
            }
        }
    }

    /// Speaks TLS 1.2 and 1.3 with the certificate of the moment.
    pub(super) fn acceptor(self: &Arc<Self>) -> TlsAcceptor {
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider supports the default versions")
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }
}

impl ResolvesServerCert for TlsCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().expect("nothing panics while it holds the lock")))
    }
}

impl fmt::Debug for TlsCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TlsCertificate").field(&self.files.certificate).finish()
    }
}

impl Files {
    fn read(&self) -> Result<Pem, TlsError> {
        let path = &self.certificate;
        let certificate = std::fs::read(path).map_err(|source| TlsError::Unreadable { path: path.clone(), source })?;
        Ok(Pem { certificate, key: read_private_file(&self.key)? })
    }

    fn certified_key(&self, pem: &Pem) -> Result<CertifiedKey, TlsError> {
        let chain = self.chain(&pem.certificate)?;
        let key = PrivateKeyDer::from_pem_slice(pem.key.as_bytes()).map_err(|source| TlsError::NotPem {
            path: self.key.clone(),
            what: "private key",
            source,
        })?;
        CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider()).map_err(|source| TlsError::Unusable {
            certificate: self.certificate.clone(),
            key: self.key.clone(),
            source,
        })
    }

    fn chain(&self, text: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let chain = CertificateDer::pem_slice_iter(text).collect::<Result<Vec<_>, _>>();
        chain
            .and_then(|chain| if chain.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(chain) })
            .map_err(|source| TlsError::NotPem { path: self.certificate.clone(), what: "certificate", source })
    }
}
