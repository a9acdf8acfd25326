//! A caller without any scope is told to ask for those that are documented.

use serde_json::Value;

use super::operation::Operation;
use super::world::World;
use crate::api::{Api, expect};

#[tokio::test]
async fn ad_01_the_documented_scopes_are_those_that_are_asked_for() {
    let document = web::openapi::document();
    let world = World::new().await;
    let nobody = world.api.with_scopes("").await;
    let before = world.api.app.dump().await;
    for operation in Operation::all(&document).into_iter().filter(Operation::is_of_management) {
        let asked = asked(&operation, &document, &world, &nobody).await;
        let documented = documented(&operation);
        assert!(!asked.is_empty() && asked.iter().all(|scope| documented.contains(scope)), "{}", operation.name());
        // Where each of several is needed, the first that lacks is told.
        let ways = operation.described["security"].as_array().expect("security").len();
        assert_eq!(asked.len(), ways, "{}", operation.name());
    }
    world.api.app.assert_unchanged_since(&before).await;
}

async fn asked(operation: &Operation, document: &Value, world: &World, nobody: &Api) -> Vec<String> {
    let uri = operation.example_uri(document, world);
    let answer = world.api.app.call(operation.call(&uri, Some(&nobody.token), None)).await;
    let refusal = expect(&answer, 403);
    assert_eq!(refusal["errorCode"], "insufficient_scope");
    let message = refusal["message"].as_str().expect("a message");
    let scopes = message.strip_prefix("Insufficient scope, expected any of: ").unwrap_or_else(|| panic!("{message}"));
    scopes.split(',').map(str::to_owned).collect()
}

fn documented(operation: &Operation) -> Vec<String> {
    let ways = operation.described["security"].as_array().expect("security").iter();
    let scopes = ways.flat_map(|way| way["management"].as_array().expect("the scheme").iter());
    scopes.map(|scope| scope.as_str().expect("a scope").to_owned()).collect()
}
