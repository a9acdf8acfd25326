//! Passwords whose hash we hold, ours or imported.

use credentials::password::{HashUnusable, Hasher, Limits, Prepared};
use model::event::EventType;
use model::user::{PasswordCredential, StoredPassword, User};

use super::attempt::{Attempt, Verdict};
use crate::error::OrInternal;
use crate::migration::record::{Moved, record_move};
use crate::{InternalError, RequestContext, Services};

/// Verifies against a hash we hold.
pub(crate) async fn verify_held(
    svc: &Services,
    cx: &RequestContext,
    attempt: &Attempt<'_>,
    password: &Prepared,
    user: User,
    stored: StoredPassword,
) -> Result<Verdict, InternalError> {
    let salt = svc.random();
    let prepared = password.clone();
    let credential = stored.credential.clone();
    let outcome = svc.hashing.run(move |hasher| hold_up(hasher, &credential, &prepared, salt)).await?;
    let rehashed = match outcome.or_internal("verifying a stored password hash")? {
        Held { is_right: false, .. } => return Ok(Verdict::Wrong),
        Held { renewed: None, .. } => return Ok(Verdict::Right(Box::new(user))),
        Held { renewed: Some(hash), .. } => PasswordCredential::Native { hash },
    };
    let moves = matches!(stored.credential, PasswordCredential::Imported { .. });
    let mut tx = svc.store.write().await?;
    if store::passwords::replace(&mut tx, &user.user_id, stored.version, &rehashed, cx.now).await? {
        if moves {
            record_move(&mut tx, attempt.event(svc, cx, EventType::UserMigrated), &user, &Moved::FromHash).await?;
        }
        tx.commit().await?;
        if moves {
            Moved::FromHash.count();
        }
    } else {
        drop(tx);
    }
    // Where somebody replaced it first, the password that was just proven was right a moment ago, and still is the
    // person's unless it changed; a change ends sessions, this one not yet being among them, so look again.
    reconfirm(svc, user, password).await
}

/// What a held hash says of a password.
struct Held {
    is_right: bool,
    /// A hash of today's cost, where the held one may have cost less. It is made of a wrong password too: one that took
    /// less time than that of nobody would tell that there is somebody.
    renewed: Option<String>,
}

fn hold_up(
    hasher: &Hasher,
    credential: &PasswordCredential,
    password: &Prepared,
    salt: [u8; 16],
) -> Result<Held, HashUnusable> {
    let (is_right, is_outdated) = match credential {
        PasswordCredential::Native { hash } => (hasher.verify(password, hash)?, hasher.needs_rehash(hash)),
        PasswordCredential::Imported { format, hash } => {
            (credentials::password::verify(format, hash, password, &Limits::default())?, true)
        }
        PasswordCredential::Source { .. } => (false, true),
    };
    Ok(Held { is_right, renewed: is_outdated.then(|| hasher.hash(password, salt)) })
}

/// Reads the person again after a password of theirs was replaced, by us or by somebody faster.
pub(crate) async fn reconfirm(svc: &Services, user: User, password: &Prepared) -> Result<Verdict, InternalError> {
    let mut db = svc.store.read().await?;
    let current = store::users::find(&mut db, &user.user_id).await?;
    let stored = store::passwords::find(&mut db, &user.user_id).await?;
    drop(db);
    let (Some(current), Some(stored)) = (current, stored) else { return Ok(Verdict::Wrong) };
    let PasswordCredential::Native { hash } = stored.credential else { return Ok(Verdict::Wrong) };
    let prepared = password.clone();
    let right = svc.hashing.run(move |hasher| hasher.verify(&prepared, &hash)).await?;
    let right = right.or_internal("verifying a stored password hash")?;
    Ok(if right { Verdict::Right(Box::new(current)) } else { Verdict::Wrong })
}

#[cfg(test)]
mod tests {
    use credentials::password::{Parameters, ScryptParameters, scrypt_text};

    use super::*;

    const SALT: [u8; 16] = [1; 16];

    fn hasher(memory_kib: u32) -> Hasher {
        Hasher::new(Parameters::new(memory_kib, 1, 1).unwrap(), 1)
    }

    /// Whether a wrong password costs a hash of today's beside what the held one costs.
    #[track_caller]
    fn check(credential: &PasswordCredential, costs_another: bool) {
        let wrong = Prepared::new("wrong").unwrap();
        let held = hold_up(&hasher(64), credential, &wrong, SALT).unwrap();
        assert!(!held.is_right);
        assert_eq!(held.renewed.is_some(), costs_another);
    }

    #[test]
    fn pw_01_a_wrong_password_costs_no_less_than_that_of_nobody() {
        let cheap = ScryptParameters { log_n: 1, r: 1, p: 1 };
        let imported = |format: &str, hash: String| PasswordCredential::Imported { format: format.to_owned(), hash };
        check(&imported("scrypt", scrypt_text(cheap, b"salt", &[7; 32])), true);
        check(&imported("argon2", "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$cnJycnJycnJycnJycnJycg".to_owned()), true);
        let bcrypt = "$2b$04$abcdefghijklmnopqrstuuPFGfTAH8FPOgyK3ETYcTTmQFZBGCkFe";
        check(&imported("bcrypt", bcrypt.to_owned()), true);
        let own = |memory_kib: u32| {
            let hash = hasher(memory_kib).hash(&Prepared::new("right").unwrap(), SALT);
            PasswordCredential::Native { hash }
        };
        check(&own(32), true);
        check(&own(64), false);
    }
}
