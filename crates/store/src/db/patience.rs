//! How long a Postgres is waited for that says nothing.
//!
//! A machine that has lost its power closes no connection, and neither does a network that drops what it is given. TCP
//! gives up on what was sent after a quarter of an hour, and on an answer that was only waited for never.

use std::io;
use std::time::Duration;

use tokio::time::timeout;

use super::StoreError;

/// For a statement, with the locks it waits for. Ours take far less, and a call is given up after twice this time.
const ANSWER: Duration = Duration::from_secs(30);

/// For a sign of life, or the end of what was given up.
const SIGN: Duration = Duration::from_secs(1);

/// What a statement answers; an error where nothing comes. Its connection is then closed as it is given back.
pub(super) async fn answered<T, E: Into<StoreError>>(
    statement: impl Future<Output = Result<T, E>>,
) -> Result<T, StoreError> {
    within(ANSWER, statement).await
}

async fn within<T, E: Into<StoreError>>(
    limit: Duration,
    statement: impl Future<Output = Result<T, E>>,
) -> Result<T, StoreError> {
    match timeout(limit, statement).await {
        Ok(answer) => answer.map_err(Into::into),
        Err(_) => Err(StoreError::Unreachable(format!("no answer within {limit:?}"))),
    }
}

/// The same for what only opens a connection or a transaction, which fails for no fault of a statement. It is large, so
/// it is not carried about.
pub(super) fn opened<'o, T: 'o>(
    opening: impl Future<Output = Result<T, sqlx::Error>> + Send + 'o,
) -> impl Future<Output = Result<T, StoreError>> + Send + 'o {
    let opening = Box::pin(opening);
    answered(async { opening.await.map_err(|error| StoreError::Unreachable(error.to_string())) })
}

/// The same for what takes no time where the server is there at all: a sign of life, or the end of what was given up. What
/// was still to be said on the connection is said first.
pub(super) async fn soon<T>(answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    timeout(SIGN, answer).await.unwrap_or_else(|_| Err(sqlx::Error::Io(io::ErrorKind::TimedOut.into())))
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test]
    async fn a_server_that_says_nothing_is_out_of_reach() {
        let answer = within(Duration::ZERO, pending::<Result<(), sqlx::Error>>()).await;
        assert!(matches!(answer, Err(StoreError::Unreachable(_))), "{answer:?}");
    }

    #[tokio::test]
    async fn a_server_that_hangs_up_while_it_is_greeted_is_out_of_reach() {
        let hangs_up = || sqlx::Error::Protocol("unexpected response from SSLRequest: 0x00".to_owned());
        let opened = opened(async { Err::<(), _>(hangs_up()) }).await;
        assert!(matches!(opened, Err(StoreError::Unreachable(_))), "{opened:?}");
        let answered = answered(async { Err::<(), _>(hangs_up()) }).await;
        assert!(matches!(answered, Err(StoreError::Failed(_))), "{answered:?}");
    }
}
