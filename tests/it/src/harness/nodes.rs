//! Two brokers on one database, which hear of each other through a Redis.

use super::{Broker, Engine, Installation, RedisServer};

pub(crate) struct Nodes {
    pub(crate) one: Broker,
    pub(crate) other: Broker,
    pub(crate) redis: RedisServer,
}

impl Nodes {
    /// None where a server is missing.
    pub(crate) async fn start(settings: &[(&str, &str)]) -> Option<Self> {
        if !Nodes::have_servers() {
            return None;
        }
        Some(Nodes::on(Installation::new(Engine::Postgres), settings).await)
    }

    pub(crate) fn have_servers() -> bool {
        Engine::has_postgres() && RedisServer::is_at_hand()
    }

    /// On a database of choice.
    pub(crate) async fn on(mut installation: Installation, settings: &[(&str, &str)]) -> Self {
        let redis = RedisServer::start();
        installation.set("redis.url", &redis.url());
        for (name, value) in settings {
            installation.set(name, value);
        }
        let other = installation.another_node();
        let (one, other) = tokio::join!(installation.start(), other.start());
        Nodes { one, other, redis }
    }

    pub(crate) fn both(&self) -> [&Broker; 2] {
        [&self.one, &self.other]
    }

    pub(crate) async fn stop(self) {
        tokio::join!(self.one.stop(), self.other.stop());
    }
}
