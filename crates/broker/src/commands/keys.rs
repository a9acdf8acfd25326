//! `landbridge keys list`, `rotate` and `revoke`.

use anyhow::{Context, anyhow};
use flows::signing_keys::{self, KeyRevocation};
use model::Timestamp;
use model::signing_key::{KeyState, SigningKey};

use crate::config::Loaded;
use crate::wiring::{self, Opening};

use super::{Failure, output};

pub(super) async fn list(loaded: &Loaded) -> Result<(), Failure> {
    let services = wiring::services(&loaded.config, Opening::MustExist, None).await?;
    let keys = signing_keys::list(&services).await.context("cannot list the signing keys")?;
    services.store.close().await;
    output::say(format_args!("{:44} {:9} {:24} SIGNED UNTIL\n", "KID", "STATE", "SIGNED FROM"))?;
    for key in &keys {
        output::say(format_args!("{}\n", row(key)))?;
    }
    Ok(())
}

pub(super) async fn rotate(loaded: &Loaded) -> Result<(), Failure> {
    let services = wiring::services(&loaded.config, Opening::MustExist, None).await?;
    let current = signing_keys::rotate(&services, &wiring::own_context("landbridge keys"))
        .await
        .context("cannot rotate the signing keys")?;
    services.store.close().await;
    Ok(output::say(format_args!(
        "{} signs from now on; running brokers take it up within 15 seconds.\n\
         Tokens of the former key stay valid until it is revoked.\n",
        current.kid
    ))?)
}

pub(super) async fn revoke(loaded: &Loaded, kid: &str) -> Result<(), Failure> {
    let services = wiring::services(&loaded.config, Opening::MustExist, None).await?;
    let outcome = signing_keys::revoke(&services, &wiring::own_context("landbridge keys"), kid).await;
    services.store.close().await;
    match outcome.context("cannot revoke the signing key")? {
        KeyRevocation::Revoked => Ok(output::say(format_args!(
            "{kid} is revoked; running brokers stop accepting its tokens within 15 seconds.\n"
        ))?),
        KeyRevocation::NotPrevious => Err(anyhow!(
            "{kid} is not a key that used to sign, and only such a key can be revoked; see landbridge keys list. To \
             revoke the key that signs now, run landbridge keys rotate first"
        )
        .into()),
    }
}

fn row(key: &SigningKey) -> String {
    let moment = |moment: Option<Timestamp>| moment.map(|moment| moment.to_string()).unwrap_or_default();
    let state = match key.state {
        KeyState::Current => "signs",
        other => other.as_str(),
    };
    format!("{:44} {state:9} {:24} {}", key.kid, moment(key.current_since), moment(key.current_until))
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_where_a_key_stands() {
        let key = SigningKey {
            kid: "k1".to_owned(),
            state: KeyState::Previous,
            sealed_private_key: Vec::new(),
            certificate: Vec::new(),
            created_at: Timestamp::from_millis(0),
            current_since: Some(Timestamp::from_millis(0)),
            current_until: Some(Timestamp::from_millis(1)),
            revoked_at: None,
        };
        let expected = format!("{:44} previous  1970-01-01T00:00:00.000Z 1970-01-01T00:00:00.001Z", "k1");
        assert_eq!(row(&key), expected);
        let next = SigningKey { state: KeyState::Next, current_since: None, current_until: None, ..key };
        assert_eq!(row(&next), format!("{:44} next", "k1"));
    }
}
