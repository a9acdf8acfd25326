//! Certificate authorities, each trusted by nobody but the test that made it.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose};

use super::{Installation, http_builder};

pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Authority(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Puts a new certificate for `localhost`, and its key, where the installation's settings say.
    pub(crate) fn certify(&self, installation: &Installation) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        // Never readable by everybody, not even for a moment, and never half a file: a broker may be reading.
        let new_key = installation.write("new.key", "");
        std::fs::set_permissions(&new_key, Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&new_key, key.serialize_pem()).unwrap();
        let new_certificate = installation.write("new.pem", certificate.pem());
        std::fs::rename(new_key, installation.folder().join("tls.key")).unwrap();
        std::fs::rename(new_certificate, installation.folder().join("tls.pem")).unwrap();
    }

    /// A client that trusts this authority and no other.
    pub(crate) fn client(&self) -> reqwest::Client {
        let root = reqwest::Certificate::from_pem(self.0.pem().as_bytes()).unwrap();
        http_builder().tls_certs_only([root]).build().unwrap()
    }
}
