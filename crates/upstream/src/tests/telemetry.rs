//! What operators see, and what they must not.

use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::json;
use testkit::Log;

use super::{Lie, Question, Situation, ada, tokens};

/// And neither are passwords.
#[tokio::test]
async fn mg_17_neither_secrets_nor_addresses_are_logged_at_any_level() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false).with_writer(log.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    // While there is only one subscriber, a log statement first reached on another test's thread, which has none,
    // is switched off for all threads. With two, every subscriber is asked.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let situation = Situation::new().await;
    for lie in [
        tokens(&situation.server, &json!({})),
        tokens(&situation.server, &json!({"email": "eve@x.io", "sub": "auth0|eve"})),
        Lie::error(403, "invalid_grant", "Wrong email or password, ada@x.io."),
        Lie::error(403, "requires_verification", "Is ada@x.io a robot?"),
        Lie::error(403, "ada@x.io", ""),
        Lie::HangUp,
    ] {
        situation.server.on(Question::Password, lie);
        situation.check_password().await;
        situation.find("ada@x.io").await;
    }
    situation.server.on(Question::UsersByEmail, Lie::HangUp);
    situation.find("ada@x.io").await;
    let text = log.text();
    for expected in ["source.name=\"old\"", "requires_verification", "OtherPerson", "Unreachable"] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    for secret in
        ["correct horse", "correct+horse", "our secret", "our+secret", "mgmt", "ada@", "ada%40", "eve@", "e30."]
    {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[tokio::test]
async fn answers_are_counted_by_source_and_answer() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let situation = Situation::new().await;
    situation.check_password().await;
    situation.server.on(Question::Password, Lie::json(500, ada()));
    situation.check_password().await;
    situation.find("ada@x.io").await;
    let text = metrics.render();
    for line in [
        "landbridge_source_answers_total{source=\"old\",answer=\"verified\",reason=\"\"} 1",
        "landbridge_source_answers_total{source=\"old\",answer=\"unavailable\",reason=\"status\"} 1",
        "landbridge_source_answers_total{source=\"old\",answer=\"found\",reason=\"\"} 1",
        "landbridge_source_duration_seconds_count{source=\"old\"} 3",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
}
