//! `q` and `sort` of `/users`.

use std::time::Duration;

use model::Timestamp;
use serde_json::{Value, json};
use testkit::{App, for_each_engine};

use crate::api::{Api, each, expect, expect_refusal, in_path};

/// Five people, created a day apart: ann, bob, cid, dee and eve, of whom cid has no name and eve signs in elsewhere.
async fn with_people(app: App) -> Api {
    let connections = [app.add_connection("people", &[], |_| {}).await, app.add_connection("staff", &[], |_| {}).await];
    let api = Api::on(app).await;
    for (name, more) in [
        (
            "ann",
            json!({"name": "Ann O'Neil", "given_name": "Ann", "nickname": "annie",
                "user_metadata": {"hobby": "chess", "tags": ["a", "b"], "age": 30},
                "app_metadata": {"plan": "full", "seats": 5, "paid": true, "roles": ["admin", "editor"],
                    "company": {"name": "Acme GmbH", "size": 12.5}, "since": "2020-03-01"}}),
        ),
        (
            "bob",
            json!({"name": "Bob Ünal", "family_name": "Ünal", "blocked": true,
                "last_password_reset": "2020-05-17T10:00:00.000Z",
                "user_metadata": {"hobby": "Chess", "age": "30"},
                "app_metadata": {"plan": "free", "seats": 50, "paid": false, "roles": "editor",
                    "company": [{"name": "Beta"}, {"name": "Acme GmbH"}], "since": "2021-07-01", "a b": {"c%_d": "x*y"}}}),
        ),
        ("cid", json!({"name": null, "app_metadata": {"plan": "fuller", "seats": "5", "roles": [], "note": null}})),
        (
            "dee",
            json!({"name": "Dee", "email_verified": true, "picture": "https://x.test/dee", "app_metadata": {"company": "Acme GmbH", "seats": -1}}),
        ),
        (
            "eve",
            json!({"name": "Eve \"E\" 50%_x", "connection": "staff", "phone_number": "+4930123456", "phone_verified": true}),
        ),
    ] {
        let connection = &connections[usize::from(more.get("connection").is_some())];
        let mut fields = more;
        fields.as_object_mut().expect("an object").remove("connection");
        let host = if name == "eve" { "staff.test" } else { "x.test" };
        let email = format!("{name}@{host}");
        let id = api.app.add_user(connection, &format!("auth0|{name}"), &email, None).await;
        api.app.change_user(&id, |user| apply(user, &fields)).await;
        api.app.advance(Duration::from_hours(24));
        if name == "bob" {
            api.app.advance(Duration::from_hours(24 * 365));
        }
    }
    Api::on(api.app).await
}

fn apply(user: &mut model::user::User, fields: &Value) {
    let text = |name: &str| fields[name].as_str().map(str::to_owned);
    let object = |name: &str| fields[name].as_object().cloned().unwrap_or_default();
    user.profile.name = text("name");
    user.profile.given_name = text("given_name");
    user.profile.family_name = text("family_name");
    user.profile.nickname = text("nickname");
    user.profile.phone_number = text("phone_number");
    user.profile.phone_verified = fields["phone_verified"] == true;
    user.profile.picture = text("picture");
    user.last_password_reset = text("last_password_reset").and_then(|text| Timestamp::parse(&text));
    user.profile.email_verified = fields["email_verified"] == true;
    user.blocked = fields["blocked"].as_bool();
    user.user_metadata = object("user_metadata");
    user.app_metadata = object("app_metadata");
}

async fn names(api: &Api, query: &str) -> String {
    let found = expect(&api.get(&format!("/users?{query}")).await, 200);
    let names: Vec<_> = each(&found, "email").into_iter().map(|email| &email[..3]).collect();
    names.join(" ")
}

const ALL: &str = "ann bob cid dee eve";

/// What is searched for, and who is found, oldest first.
const SEARCHES: &[(&str, &str)] = &[
    ("*", ALL),
    ("email:\"ANN@x.test\"", "ann"),
    ("email:ann@x.test", "ann"),
    ("email:a*", "ann"),
    ("email:*@x.test", "ann bob cid dee"),
    ("email:*@staff*", "eve"),
    ("email.domain:\"x.test\"", "ann bob cid dee"),
    ("email.domain:X*", "ann bob cid dee"),
    ("email:[b TO d]", "bob cid"),
    ("user_id:\"auth0|ann\"", "ann"),
    ("user_id:(\"auth0|ann\" OR \"auth0|eve\" \"auth0|nobody\")", "ann eve"),
    ("user_id:AUTH0|ann", ""),
    ("name:\"ann o'neil\"", "ann"),
    ("name:ANN*", "ann"),
    ("name:\"bob Ünal\"", "bob"),
    ("name:*nal", "bob"),
    ("name:*50%_*", "eve"),
    ("name:*50_%*", ""),
    ("name:eve\\ \\\"e\\\"*", "eve"),
    ("family_name:Ünal", "bob"),
    ("nickname:annie OR given_name:dee", "ann"),
    ("_exists_:name", "ann bob dee eve"),
    ("NOT _exists_:name", "cid"),
    ("NOT name:dee", "ann bob cid eve"),
    ("-name:dee AND !email:ann*", "bob cid eve"),
    ("ann@x.test", "ann"),
    ("dee annie", "ann dee"),
    ("+4930123456", "eve"),
    ("phone_number:+49*", "eve"),
    ("phone_verified:true", "eve"),
    ("phone_verified:false", "ann bob cid dee"),
    ("picture:https*", "dee"),
    ("last_password_reset:2020-05", "bob"),
    ("NOT _exists_:last_password_reset", "ann cid dee eve"),
    ("email_verified:true", "dee"),
    ("NOT email_verified:true AND identities.connection:people", "ann bob cid"),
    ("blocked:true", "bob"),
    ("_exists_:blocked", "bob"),
    ("identities.connection:\"staff\"", "eve"),
    ("identities.provider:auth0 AND identities.user_id:(ann OR eve)", "ann eve"),
    ("NOT identities.connection:peo*", "eve"),
    ("created_at:2027-01-15", "ann"),
    ("created_at:[2027-01-15 TO 2027-01-16]", "ann bob"),
    ("created_at:{2027-01-15 TO *]", "bob cid dee eve"),
    ("created_at:2028", "cid dee eve"),
    ("created_at:[* TO 2027]", "ann bob"),
    ("last_login:[2000 TO *]", ""),
    ("NOT _exists_:last_login", ALL),
    ("logins_count:0", ALL),
    ("logins_count:[1 TO *]", ""),
    ("app_metadata.plan:\"full\"", "ann"),
    ("app_metadata.plan:full*", "ann cid"),
    ("app_metadata.plan:*ull*", "ann cid"),
    ("app_metadata.plan:FULL", ""),
    ("_exists_:app_metadata.plan", "ann bob cid"),
    ("_exists_:app_metadata.roles", "ann bob"),
    ("_exists_:app_metadata.note", ""),
    ("_exists_:app_metadata.company", "ann bob dee"),
    ("app_metadata.seats:5", "ann cid"),
    ("app_metadata.seats:\"5\"", "ann cid"),
    ("app_metadata.seats:-1", "dee"),
    ("app_metadata.seats:[\"-5\" TO 10]", "ann dee"),
    ("app_metadata.seats:{5 TO 50]", "bob"),
    ("app_metadata.paid:true", "ann"),
    ("app_metadata.paid:false", "bob"),
    ("app_metadata.roles:editor", "ann bob"),
    ("app_metadata.roles:(admin AND editor)", "ann"),
    ("app_metadata.company.name:\"Acme GmbH\"", "ann bob"),
    ("app_metadata.company:\"Acme GmbH\"", "dee"),
    ("app_metadata.company.size:12.5", "ann"),
    ("app_metadata.company.name.x:\"Acme GmbH\"", ""),
    ("app_metadata.since:[2020-01 TO 2021-01]", "ann"),
    ("app_metadata.a\\ b.c%_d:x\\*y", "bob"),
    ("app_metadata.a\\ b.c%_d:*x\\*y", "bob"),
    ("app_metadata.nothing:x", ""),
    ("user_metadata.hobby:chess", "ann"),
    ("user_metadata.tags:b", "ann"),
    ("user_metadata.age:30", "ann bob"),
    ("_exists_:user_metadata.hobby AND blocked:true", "bob"),
    ("(email:a* OR email:b*) AND NOT blocked:true", "ann"),
    ("email:a* OR email:b* AND blocked:false", "ann"),
    ("name:\"x' OR '1'='1\"", ""),
    ("app_metadata.plan:\"x\\\") || (1 == 1\"", ""),
];

#[tokio::test]
async fn the_same_people_are_found_on_every_engine() {
    for_each_engine(async |app| {
        let api = with_people(app).await;
        for (q, expected) in SEARCHES {
            assert_eq!(names(&api, &format!("q={}", in_path(q))).await, *expected, "{q}");
            // Whoever is not found is found by its opposite.
            let others: Vec<_> = ALL.split(' ').filter(|name| !expected.contains(name)).collect();
            assert_eq!(
                names(&api, &format!("q={}", in_path(&format!("NOT ({q})")))).await,
                others.join(" "),
                "NOT ({q})"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_found_is_sorted_and_cut_into_pages() {
    for_each_engine(async |app| {
        let api = with_people(app).await;
        for (sort, expected) in [
            ("created_at:-1", "eve dee cid bob ann"),
            ("email:1", ALL),
            ("name:1", "ann bob dee eve cid"),
            ("name:-1", "eve dee bob ann cid"),
            ("nickname:1", "ann bob cid dee eve"),
            ("last_login:-1", "eve dee cid bob ann"),
        ] {
            assert_eq!(names(&api, &format!("sort={sort}")).await, expected, "{sort}");
        }
        let query = "q=app_metadata.plan:*&sort=email:-1&per_page=2&include_totals=true&fields=email";
        let first = expect(&api.get(&format!("/users?{query}")).await, 200);
        let users = json!([{"email": "cid@x.test"}, {"email": "bob@x.test"}]);
        assert_eq!(first, json!({"start": 0, "limit": 2, "length": 2, "total": 3, "users": users}));
        let second = expect(&api.get(&format!("/users?{query}&page=1")).await, 200);
        assert_eq!(second["users"], json!([{"email": "ann@x.test"}]));
        assert_eq!(expect(&api.get(&format!("/users?{query}&page=2")).await, 200)["users"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn ad_07_a_search_that_cannot_be_carried_out_says_why() {
    let api = Api::new().await;
    let refused = async |query: String, message: &str| {
        let message = format!("Query validation error: {message}");
        expect_refusal(&api.get(&format!("/users?{query}")).await, 400, Some("invalid_query_string"), &message);
    };
    for (q, message) in [
        ("email:", "q ends where a value is expected"),
        ("(email:a", "q has a '(' that is not closed"),
        (
            "email:a?b",
            "q has an unexpected '?'; a character that is meant itself has a backslash before it, or quotation marks around its value",
        ),
        ("email:*nn", "q has a wildcard before the end of a value that spells out fewer than 3 characters"),
        ("email:[a b]", "q has a range that is not written as [from TO to]"),
        ("password:x", "q names password, which cannot be searched"),
        ("_exists_:password", "q names password, which cannot be searched"),
        ("email:a* AND NOT (name:b OR nonsense:c)", "q names nonsense, which cannot be searched"),
        ("app_metadata:x", "q names app_metadata, which cannot be searched"),
        ("app_metadata.a..b:x", "q names app_metadata.a..b, which cannot be searched"),
        ("identities.access_token:x", "q names identities.access_token, which cannot be searched"),
        ("EMAIL:x", "q names EMAIL, which cannot be searched"),
        ("blocked:yes", "q has neither true nor false for blocked"),
        ("logins_count:many", "q has neither a whole number nor a range of them for logins_count"),
        ("created_at:[yesterday TO *]", "q has neither a date nor a range of them for created_at"),
        ("user_metadata.hobby:ch*", "q has a wildcard or a range for user_metadata.hobby"),
    ] {
        refused(format!("q={}", in_path(q)), message).await;
    }
    let sorts = "sort must be field:1 or field:-1, with one of created_at, updated_at, last_login, logins_count, \
                 user_id, email, username, name, nickname, given_name, family_name";
    for sort in ["email", "email:2", "user_metadata.a:1", "profile:1", "email:1;DROP"] {
        refused(format!("sort={}", in_path(sort)), sorts).await;
    }
    refused("sort=email:1&take=5".to_owned(), "sort cannot be combined with from and take").await;
    let far = "page must stay within the first 1000 rows; narrow the search, or use from and take";
    refused("q=email:a*&page=10&per_page=100".to_owned(), far).await;
    for list in ["/logs", "/grants", "/roles/rol_clerk/users"] {
        let answer = api.get(&format!("{list}?page=10&per_page=100")).await;
        expect_refusal(&answer, 400, Some("invalid_query_string"), &format!("Query validation error: {far}"));
    }
}

#[tokio::test]
async fn ad_08_the_largest_search_that_is_read_is_answered() {
    for_each_engine(async |app| {
        let api = with_people(app).await;
        let terms = vec!["app_metadata.a:*bcd*"; 90].join(" ");
        assert_eq!(names(&api, &format!("q={}", in_path(&terms))).await, "");
        let nested = format!("{}email:a*{}", "NOT (".repeat(10), ")".repeat(10));
        assert_eq!(names(&api, &format!("q={}", in_path(&nested))).await, "ann");
        let longest = format!("q=email:{}", "a".repeat(2050));
        assert_eq!(expect(&api.get(&format!("/users?{longest}")).await, 400)["errorCode"], "invalid_query_string");
    })
    .await;
}

/// AD-09 (keycloak/keycloak#50987): what no token can read cannot be asked about either, letter by letter.
#[tokio::test]
async fn ad_09_nobody_is_found_or_sorted_by_what_cannot_be_read() {
    let api = with_people(Box::pin(App::new()).await).await;
    for field in [
        "password",
        "password_hash",
        "hash",
        "passwords.hash",
        "identities.access_token",
        "identities.profile_data",
        "email_folded",
        "version",
        "sessions.sid",
        "tickets.digest",
        "document",
        "client_secret",
    ] {
        for query in
            [format!("q={}", in_path(&format!("{field}:a*"))), format!("sort={}", in_path(&format!("{field}:1")))]
        {
            let refused = expect(&api.get(&format!("/users?{query}")).await, 400);
            assert_eq!(refused["errorCode"], "invalid_query_string", "{query}");
        }
        let shown = expect(&api.get(&format!("/users?fields={field},email&include_fields=true&per_page=1")).await, 200);
        assert!(shown[0].get(field).is_none() && shown[0]["email"].is_string(), "{field}: {shown}");
    }
    let all = expect(&api.get("/clients").await, 200);
    for query in ["client_secret=a", "signing_keys=a", "q=client_secret%3Aa*"] {
        let found = api.get(&format!("/clients?{query}")).await;
        assert!(found.status == 400 || found.json() == all, "{query} narrows what is found: {}", found.body);
    }
    for field in ["details.secret", "document", "position"] {
        expect(&api.get(&format!("/logs?q={}", in_path(&format!("{field}:a*")))).await, 400);
    }
    let reader = api.with_scopes("read:clients").await;
    let refused = reader.get("/users?q=email%3Aa*").await;
    assert_eq!(expect(&refused, 403)["errorCode"], "insufficient_scope");
}
