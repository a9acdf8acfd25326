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
        Held::Wrong => return Ok(Verdict::Wrong),
        Held::Right => return Ok(Verdict::Right(Box::new(user))),
        Held::Outdated(hash) => PasswordCredential::Native { hash },
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

/// What became of a held hash.
enum Held {
    Wrong,
    Right,
    /// Right, and to be replaced by this one.
    Outdated(String),
}

fn hold_up(
    hasher: &Hasher,
    credential: &PasswordCredential,
    password: &Prepared,
    salt: [u8; 16],
) -> Result<Held, HashUnusable> {
    match credential {
        PasswordCredential::Native { hash } => {
            if !hasher.verify(password, hash)? {
                return Ok(Held::Wrong);
            }
            let outdated = hasher.needs_rehash(hash);
            Ok(if outdated { Held::Outdated(hasher.hash(password, salt)) } else { Held::Right })
        }
        PasswordCredential::Imported { format, hash } => {
            let right = credentials::password::verify(format, hash, password, &Limits::default())?;
            // Hashed either way: a wrong password that takes less time than that of nobody tells that there is somebody.
            let ours = hasher.hash(password, salt);
            Ok(if right { Held::Outdated(ours) } else { Held::Wrong })
        }
        PasswordCredential::Source { .. } => Ok(Held::Wrong),
    }
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
