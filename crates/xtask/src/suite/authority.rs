//! A certificate authority for one run, so that clients which know nothing but HTTPS meet the broker as they are.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::workspace::Workspace;

/// Good for `localhost`, and trusted only by the programs that are told of it.
pub(super) struct Authority {
    folder: PathBuf,
}

impl Authority {
    pub(super) fn create(workspace: &Workspace) -> Result<Self> {
        let folder = workspace.members()?.target_directory.join("xtask").join("tls");
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let authority = Self { folder };
        authority.certify(workspace, "authority", &["keyUsage=critical,keyCertSign"], &[])?;
        let by_authority = ["-CA", "authority.pem", "-CAkey", "authority.key"];
        let of_a_server = ["basicConstraints=critical,CA:FALSE", "subjectAltName=DNS:localhost"];
        authority.certify(workspace, "localhost", &of_a_server, &by_authority)?;
        Ok(authority)
    }

    /// A new key and its certificate, signed by itself unless `issuer` says who signs it.
    fn certify(&self, workspace: &Workspace, name: &str, extensions: &[&str], issuer: &[&str]) -> Result<()> {
        let mut openssl = workspace.command("openssl");
        openssl.current_dir(&self.folder).args(["req", "-x509", "-batch", "-days", "2", "-subj"]);
        openssl.arg(format!("/CN={name}")).args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"]);
        openssl.args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.pem")]).args(issuer);
        openssl.args(extensions.iter().flat_map(|extension| ["-addext", extension]));
        workspace.runner.run(&mut openssl)
    }

    /// What has Node, OpenSSL and Python's requests trust it, and where a server finds its certificate.
    pub(super) fn environment(&self) -> [(&'static str, PathBuf); 5] {
        let trusted = self.folder.join("authority.pem");
        [
            ("NODE_EXTRA_CA_CERTS", trusted.clone()),
            ("SSL_CERT_FILE", trusted.clone()),
            ("REQUESTS_CA_BUNDLE", trusted),
            ("TLS_CERTIFICATE", self.folder.join("localhost.pem")),
            ("TLS_KEY", self.folder.join("localhost.key")),
        ]
    }
}
