//! There are the methods that are documented, and no others.

use std::collections::BTreeSet;

use axum::body::Body;
use http::Request;
use testkit::App;

use super::operation::Operation;

/// Methods that a path has without being asked: those of a preflight and of whoever wants no body.
const UNSAID: [&str; 2] = ["HEAD", "OPTIONS"];

#[tokio::test]
async fn a_path_has_the_documented_methods_and_no_others() {
    let app = App::new().await;
    let operations = Operation::all(&web::openapi::document());
    for path in operations.iter().map(|operation| operation.path.as_str()).collect::<BTreeSet<_>>() {
        let own = operations.iter().filter(|operation| operation.path == path);
        let documented: BTreeSet<_> = own.map(|operation| operation.method.as_str().to_owned()).collect();
        let request = Request::builder().method("BREW").uri(path.replace(['{', '}'], ""));
        let answer = app.call(request.body(Body::empty()).expect("a path")).await;
        assert_eq!(answer.status, 405, "{path}");
        let allowed = answer.header("allow").expect("what is allowed is told").split(',').map(str::trim);
        let allowed: BTreeSet<_> = allowed.filter(|method| !UNSAID.contains(method)).map(str::to_owned).collect();
        assert_eq!(allowed, documented, "{path}");
    }
}
