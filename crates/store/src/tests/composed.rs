//! Each list there is, composed with all its conditions and orders, prepared and asked on each engine.

use model::address::FoldedEmail;
use model::{ClientId, FamilyId, RoleId, Timestamp, UserId};
use sqlx::{Connection, Executor, PgConnection, SqlSafeStr, SqliteConnection};

use super::engines::{databases, for_each_engine};
use super::records::{at, reader};
use super::statements::{Shape, shape};
use crate::client_grants::ClientGrantFilter;
use crate::connections::ConnectionFilter;
use crate::db::{Ask, EngineKind, args};
use crate::events::EventFilter;
use crate::grants::GrantFilter;
use crate::held_refresh_tokens::Held;
use crate::listing::{Composed, List};
use crate::search::{Condition, Field, Kind, Test, TextTest};
use crate::sessions::LiveSessions;
use crate::users::UserFilter;
use crate::{Page, Snapshot, Sort, clients, connections, events, identities, resource_servers, roles, users};

const EVENT_COLUMNS: [&str; 5] = ["log_id", "date", "type", "client_id", "user_id"];

const USER_FIELDS: [&str; 24] = [
    "user_id",
    "email",
    "email.domain",
    "email_verified",
    "name",
    "given_name",
    "family_name",
    "nickname",
    "picture",
    "username",
    "phone_number",
    "phone_verified",
    "blocked",
    "created_at",
    "updated_at",
    "last_login",
    "last_ip",
    "last_password_reset",
    "logins_count",
    "identities.connection",
    "identities.provider",
    "identities.user_id",
    "app_metadata.plan.name",
    "user_metadata.colour",
];

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// A field with each test that it stands.
fn tested(field: &Field) -> Condition {
    let limit = |text: &str| Some((text.to_owned(), true));
    let text = [
        TextTest::Is("5".to_owned()),
        TextTest::Like(texts(&["a", ""])),
        TextTest::Like(texts(&["a", "b"])),
        TextTest::Between(limit("1"), limit("2")),
        TextTest::Between(limit("1"), None),
    ];
    let tests = match field.kind() {
        Kind::Text | Kind::Caseless | Kind::Email | Kind::Json => text.map(Test::Text).to_vec(),
        Kind::ExactJson => vec![Test::Text(TextTest::Is("true".to_owned()))],
        Kind::Flag => vec![Test::Flag(true)],
        Kind::Number | Kind::Moment => vec![Test::Between(Some(1), Some(2)), Test::Between(None, Some(2))],
    };
    let holds = |test| Condition::Holds(field.clone(), test);
    let parts: Vec<_> = tests.into_iter().chain([Test::Present]).map(holds).collect();
    Condition::All(vec![Condition::Any(parts.clone()), Condition::Not(Box::new(Condition::All(parts)))])
}

/// Each of these fields by itself, and all of them together.
fn searches(names: &[&str], field: impl Fn(&str) -> Option<Field>) -> Vec<Condition> {
    let each: Vec<_> = names.iter().map(|name| tested(&field(name).expect("there is such a field"))).collect();
    let together = Condition::All(each.clone());
    each.into_iter().chain([together]).collect()
}

/// Every list of every module that has any.
fn lists() -> Vec<List> {
    let some = || texts(&["a", "b"]);
    let held = Held {
        family_id: Some(FamilyId::new("a")),
        user_id: Some(UserId::new("b")),
        client_id: Some(ClientId::new("c")),
        now: at(0),
    };
    let live = LiveSessions { user_id: UserId::new("a"), now: at(0), begun_after: at(0), used_after: at(0) };
    let mut lists = vec![
        clients::all(),
        ClientGrantFilter { client_ids: some(), audiences: some() }.list(),
        ConnectionFilter { strategies: some(), name: Some("a".to_owned()) }.list(),
        GrantFilter { user_ids: some(), client_ids: some(), audiences: some() }.list(),
        held.list(),
        live.list(),
        resource_servers::list_of(&some()),
        roles::named(Some("a")),
        roles::having(&RoleId::new("a")),
    ];
    for search in
        searches(&[&EVENT_COLUMNS[..], &events::MEMBERS].concat(), events::field).into_iter().map(Some).chain([None])
    {
        for oldest_first in [false, true] {
            let filter = EventFilter { types: some(), user_ids: some(), search: search.clone(), oldest_first };
            lists.push(filter.list());
        }
    }
    for search in searches(&USER_FIELDS, users::field) {
        let email = Some(FoldedEmail::of("ada@x.io"));
        lists.push(UserFilter { email, search: Some(search), sort: None }.list());
    }
    for field in USER_FIELDS.map(|name| users::field(name).unwrap()) {
        // What belongs to an identity is no column of the list.
        if !matches!(field.place, crate::search::Place::Identity(_)) {
            let sort = Some(Sort { field, is_descending: true });
            lists.push(UserFilter { email: None, search: None, sort }.list());
        }
    }
    lists
}

/// Every statement that comes of them.
fn composed(engine: EngineKind) -> Vec<Composed> {
    let last = Some((Timestamp::from_millis(1), "a".to_owned()));
    let pages = [Page::Offset { skip: 2, limit: 3 }, Page::After { last, limit: 3 }];
    let of = |list: List| {
        let totals = [list.total(engine), list.total_up_to(engine, 4)];
        pages.iter().map(|page| list.page(engine, page)).chain(totals).collect::<Vec<_>>()
    };
    // Never asked for by position.
    let ids = texts(&["a", "b"]);
    let unordered = [identities::list(&ids), connections::clients_list(&ids)];
    let unordered = unordered.map(|list| list.page(engine, &pages[0]));
    lists().into_iter().flat_map(of).chain(unordered).collect()
}

async fn shapes(url: &str, engine: EngineKind) -> Vec<Shape> {
    let mut shapes = Vec::new();
    if engine == EngineKind::Sqlite {
        let mut connection = SqliteConnection::connect(url).await.unwrap();
        for Composed { sql, .. } in composed(engine) {
            let prepared = (&mut connection).prepare(sqlx::AssertSqlSafe(sql.clone()).into_sql_str()).await;
            shapes.push(shape(&prepared.unwrap_or_else(|error| panic!("{sql}: {error}"))));
        }
    } else {
        let mut connection = PgConnection::connect(url).await.unwrap();
        for Composed { sql, .. } in composed(engine) {
            let prepared = (&mut connection).prepare(sqlx::AssertSqlSafe(sql.clone()).into_sql_str()).await;
            shapes.push(shape(&prepared.unwrap_or_else(|error| panic!("{sql}: {error}"))));
        }
    }
    shapes
}

#[tokio::test]
async fn every_composed_statement_prepares_and_is_answered() {
    let mut columns = Vec::new();
    for database in databases().await {
        let mut db = reader(&database.store).await;
        let engine = db.engine().unwrap();
        let shapes = shapes(&database.url, engine).await;
        for (Composed { sql, args }, shape) in composed(engine).into_iter().zip(&shapes) {
            assert_eq!(args.len(), shape.parameters, "{sql}");
            let answered = db.fetch_composed::<(i64,)>(sql.clone(), args).await;
            assert!(answered.is_ok_and(|rows| rows.len() < 2), "{sql}");
        }
        columns.push(shapes.into_iter().map(|shape| shape.columns).collect::<Vec<_>>());
    }
    assert!(columns.windows(2).all(|engines| engines[0] == engines[1]), "both engines answer the same columns");
}

/// How the engine would go about a statement.
async fn plan(db: &mut Snapshot, Composed { sql, args }: Composed) -> String {
    if db.engine().unwrap() == EngineKind::Sqlite {
        let steps: Vec<(i64, i64, i64, String)> =
            db.fetch_composed(format!("EXPLAIN QUERY PLAN {sql}"), args).await.unwrap();
        return steps.into_iter().map(|(.., step)| step).collect::<Vec<_>>().join("\n");
    }
    // With nobody in the table, the server sorts them whatever there is.
    for setting in ["enable_sort", "enable_seqscan"] {
        let off = format!("SELECT set_config('{setting}', 'off', true)");
        db.fetch_composed::<(String,)>(off, args![]).await.unwrap();
    }
    let lines: Vec<(String,)> = db.fetch_composed(format!("EXPLAIN {sql}"), args).await.unwrap();
    lines.into_iter().map(|(line,)| line).collect::<Vec<_>>().join("\n")
}

fn sorts(plan: &str) -> bool {
    ["Sort", "TEMP B-TREE"].iter().any(|sorting| plan.contains(sorting))
}

#[tokio::test]
async fn an_index_has_the_order_of_age_in_both_directions() {
    for_each_engine(async |store| {
        let mut db = store.snapshot().await.unwrap();
        let engine = db.engine().unwrap();
        for is_descending in [false, true] {
            let sort = users::field("created_at").map(|field| Sort { field, is_descending });
            let list = UserFilter { sort, ..UserFilter::default() }.list();
            let plan = plan(&mut db, list.page(engine, &Page::Offset { skip: 0, limit: 50 })).await;
            assert!(plan.contains("users_by_age") && !sorts(&plan), "{plan}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_index_has_the_order_of_a_part_of_a_list() {
    for_each_engine(async |store| {
        let mut db = store.snapshot().await.unwrap();
        let engine = db.engine().unwrap();
        let last = Some((at(0), "a".to_owned()));
        let pages = [Page::Offset { skip: 0, limit: 50 }, Page::After { last, limit: 50 }];
        for (index, list) in [
            ("user_roles_by_role", roles::having(&RoleId::new("a"))),
            ("grants_by_client", GrantFilter { client_ids: texts(&["a"]), ..GrantFilter::default() }.list()),
        ] {
            for page in &pages {
                let plan = plan(&mut db, list.page(engine, page)).await;
                assert!(plan.contains(index) && !sorts(&plan), "{plan}");
            }
        }
    })
    .await;
}
