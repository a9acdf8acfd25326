//! The Redis that several nodes share: one connection, which is given up at the first doubt.
//!
//! The lack of a connection is the breaker: whoever needs one does not wait for it, and [`Redis::tend`] alone makes a
//! new one. So a Redis that hangs costs half a second those who ask at that moment, and nothing those after.

use std::convert::Infallible;
use std::fmt::Write;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, FromRedisValue, IntoConnectionInfo, ProtocolVersion, PushInfo,
    PushKind, RedisError, cmd,
};
use protocol::rate_limit::{Limited, RateLimit, Standing};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::{BucketName, RedisSettings};

/// How long a call waits for an answer.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long it takes at most until a new connection can be used.
const CONNECTING: Duration = Duration::from_secs(1);

const TOO_SLOW: (ErrorKind, &str) = (ErrorKind::Io, "no connection in time");

/// Decides as [`RateLimit::take`] does, by the clock of Redis, and answers from what.
const TAKE: &str = include_str!("take.lua");
/// Lua counts exactly up to here.
const MOST: i64 = 1 << 53;

pub(super) struct Redis {
    client: Client,
    /// Begins every name in Redis that is ours.
    prefix: String,
    link: Mutex<Link>,
    /// Whether the last report was of a connection.
    reported: Mutex<Option<bool>>,
    heard: Arc<Notify>,
}

enum Link {
    Up(Connection),
    /// Why, until that has been reported.
    Down(Option<RedisTrouble>),
}

#[derive(Clone)]
struct Connection {
    commands: MultiplexedConnection,
    /// What Redis calls [`TAKE`]. Its address tells connections apart.
    script: Arc<str>,
}

/// What became of the connection.
#[derive(Debug)]
pub enum Reported {
    /// Redis answers.
    Linked,
    /// It does not.
    Lost(RedisTrouble),
}

/// What Redis did, or did not.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct RedisTrouble(#[from] RedisError);

/// The address of Redis cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("redis.url cannot be used")]
pub struct RedisUrlRefused(#[source] RedisError);

impl Redis {
    pub(super) fn new(settings: &RedisSettings) -> Result<Self, RedisUrlRefused> {
        let info = settings.url.as_str().into_connection_info().map_err(RedisUrlRefused)?;
        // With RESP3, what other nodes say comes by the same connection, and one heartbeat is for both.
        let own = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        Ok(Redis {
            client: Client::open(info.set_redis_settings(own)).map_err(RedisUrlRefused)?,
            prefix: format!("landbridge:{}:", settings.deployment),
            link: Mutex::new(Link::Down(None)),
            reported: Mutex::default(),
            heard: Arc::default(),
        })
    }

    /// Takes a call, or answers nothing where Redis does not.
    pub(super) async fn take(&self, name: &BucketName, limit: RateLimit) -> Option<Result<Standing, Limited>> {
        let connection = self.connection()?;
        let mut take = cmd("EVALSHA");
        take.arg(&*connection.script).arg(1).arg(self.key(name)).arg(limit.interval()).arg(limit.span());
        match connection.ask(&take).await.and_then(plausible) {
            Ok((full_at, now)) => Some(limit.take(full_at, now).1),
            Err(trouble) => {
                self.give_up(&connection, trouble);
                None
            }
        }
    }

    /// Tells every node that is connected.
    pub(super) async fn announce(&self) -> Result<(), RedisTrouble> {
        let connection = match self.connection() {
            Some(connection) => connection,
            // A command that runs for a moment is connected to nothing yet.
            None => self.connect().await?,
        };
        connection.ask::<i64>(cmd("PUBLISH").arg(self.channel()).arg("")).await.map(drop)
    }

    /// Waits until it was told, or may have been.
    pub(super) async fn heard(&self) {
        self.heard.notified().await;
    }

    pub(super) fn is_linked(&self) -> bool {
        self.connection().is_some()
    }

    /// Sees to the connection, and says how it is where that is news.
    pub(super) async fn tend(&self) -> Option<Reported> {
        let found = self.link_or_cause().await;
        let linked = Some(found.is_ok());
        let former = mem::replace(&mut *locked(&self.reported), linked);
        (former != linked).then(|| found.map_or_else(Reported::Lost, |()| Reported::Linked))
    }

    async fn link_or_cause(&self) -> Result<(), RedisTrouble> {
        if let Some(cause) = self.unreported_cause() {
            return Err(cause);
        }
        if let Some(connection) = self.connection() {
            let answered = connection.ask::<String>(&cmd("PING")).await;
            return answered.map(drop).inspect_err(|_| self.put(Link::Down(None)));
        }
        self.put(Link::Up(self.connect().await?));
        // Whatever was said meanwhile went unheard.
        self.heard.notify_one();
        Ok(())
    }

    fn unreported_cause(&self) -> Option<RedisTrouble> {
        match &mut *locked(&self.link) {
            Link::Down(cause) => cause.take(),
            Link::Up(_) => None,
        }
    }

    fn connection(&self) -> Option<Connection> {
        match &*locked(&self.link) {
            Link::Up(connection) => Some(connection.clone()),
            Link::Down(_) => None,
        }
    }

    fn put(&self, link: Link) {
        *locked(&self.link) = link;
    }

    /// Nobody else waits for this connection. Who finds out late leaves its successor alone.
    fn give_up(&self, lost: &Connection, trouble: RedisTrouble) {
        let mut link = locked(&self.link);
        if matches!(&*link, Link::Up(connection) if Arc::ptr_eq(&connection.script, &lost.script)) {
            *link = Link::Down(Some(trouble));
        }
    }

    async fn connect(&self) -> Result<Connection, RedisTrouble> {
        timeout(CONNECTING, self.open()).await.unwrap_or_else(|_| Err(RedisError::from(TOO_SLOW).into()))
    }

    async fn open(&self) -> Result<Connection, RedisTrouble> {
        let heard = Arc::clone(&self.heard);
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(Some(PATIENCE))
            .set_push_sender(move |pushed: PushInfo| {
                if pushed.kind == PushKind::Message {
                    heard.notify_one();
                }
                Ok::<_, Infallible>(())
            });
        let mut commands = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        commands.subscribe(self.channel()).await?;
        let script: String = cmd("SCRIPT").arg("LOAD").arg(TAKE).query_async(&mut commands).await?;
        Ok(Connection { commands, script: script.into() })
    }

    fn key(&self, name: &BucketName) -> String {
        name.iter().fold(format!("{}limit:", self.prefix), |mut key, byte| {
            write!(key, "{byte:02x}").expect("a String takes everything");
            key
        })
    }

    fn channel(&self) -> String {
        format!("{}changes", self.prefix)
    }
}

impl Connection {
    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, RedisTrouble> {
        Ok(command.query_async(&mut self.commands.clone()).await?)
    }
}

/// Whoever answers might be no Redis at all.
fn plausible((full_at, now): (i64, i64)) -> Result<(i64, i64), RedisTrouble> {
    if (0..MOST).contains(&full_at) && (0..MOST).contains(&now) {
        return Ok((full_at, now));
    }
    Err(RedisError::from((ErrorKind::UnexpectedReturnType, "the moments of a bucket are none")).into())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nothing panics while it holds the lock")
}
