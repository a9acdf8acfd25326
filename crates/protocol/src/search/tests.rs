use proptest::prelude::*;

use super::*;

fn term(field: &str, condition: Condition) -> Expression {
    Expression::Term(Term { field: Some(field.to_owned()).filter(|field| !field.is_empty()), condition })
}

fn is(field: &str, value: &str) -> Expression {
    term(field, Condition::Is(value.to_owned()))
}

fn like(field: &str, literals: &[&str]) -> Expression {
    term(field, Condition::Like(literals.iter().map(|&part| part.to_owned()).collect()))
}

fn limit(value: &str, is_included: bool) -> Limit {
    Limit { value: value.to_owned(), is_included }
}

fn not(inner: Expression) -> Expression {
    Expression::Not(Box::new(inner))
}

#[track_caller]
fn check(text: &str, expected: Expression) {
    assert_eq!(Expression::parse(text), Ok(expected), "{text}");
}

#[test]
fn a_term_names_a_field_and_a_value() {
    for text in ["email:ann@x.io", " email: ann@x.io ", "email:\"ann@x.io\"", "(email:ann@x.io)", "email:(ann@x.io)"] {
        check(text, is("email", "ann@x.io"));
    }
    check(r#"user_id:"auth0|a \"b\" \\ c*""#, is("user_id", r#"auth0|a "b" \ c*"#));
    check("user_id:auth0|5f1", is("user_id", "auth0|5f1"));
    check(r"name:jane\ smith\*", is("name", "jane smith*"));
    check("created_at:2018-01-01T00:00:00Z", is("created_at", "2018-01-01T00:00:00Z"));
    check(r"app_metadata.a\ b.c:x", is("app_metadata.a b.c", "x"));
    check("ann", is("", "ann"));
    check("email:\"x' OR 1=1 --\"", is("email", "x' OR 1=1 --"));
    check("name:ANDy", is("name", "ANDy"));
    check("name:jean-luc", is("name", "jean-luc"));
}

#[test]
fn a_value_may_be_anything_or_have_wildcards() {
    check("_exists_:email", term("email", Condition::Exists));
    check("email:*", term("email", Condition::Exists));
    check("*", term("", Condition::Exists));
    check("name:j*", like("name", &["j", ""]));
    check("name:*ane", like("name", &["", "ane"]));
    check("name:j*ane*", like("name", &["j", "ane", ""]));
}

#[test]
fn a_range_may_be_open_or_leave_its_ends_out() {
    let between = |from, to| term("n", Condition::Between(from, to));
    check("n:[1 TO 5]", between(Some(limit("1", true)), Some(limit("5", true))));
    check("n:{1 TO 5}", between(Some(limit("1", false)), Some(limit("5", false))));
    check("n:[1 TO 5}", between(Some(limit("1", true)), Some(limit("5", false))));
    check("n:{ * TO \"2018-01-01\" ]", between(None, Some(limit("2018-01-01", true))));
    check("n:[100 TO *]", between(Some(limit("100", true)), None));
}

#[test]
fn operators_bind_as_in_logic() {
    let [a, b, c] = ["a", "b", "c"].map(|name| is(name, "1"));
    let any = |parts: &[&Expression]| Expression::Any(parts.iter().map(|&part| part.clone()).collect());
    let all = |parts: &[&Expression]| Expression::All(parts.iter().map(|&part| part.clone()).collect());
    check("a:1 OR b:1 AND c:1", any(&[&a, &all(&[&b, &c])]));
    check("(a:1 OR b:1) AND c:1", all(&[&any(&[&a, &b]), &c]));
    check("a:1 b:1 c:1", any(&[&a, &b, &c]));
    check("a:1 || b:1 && !c:1", any(&[&a, &all(&[&b, &not(c.clone())])]));
    check("NOT a:1 AND -b:1", all(&[&not(a.clone()), &not(b.clone())]));
    check("NOT NOT a:1", not(not(a)));
    check("n:(1 OR \"2\" OR 3*)", any(&[&is("n", "1"), &is("n", "2"), &like("n", &["3", ""])]));
}

#[test]
fn ad_07_what_is_no_search_is_refused() {
    use SearchInvalid::*;
    for (text, expected) in [
        ("", Empty),
        (" ", Empty),
        ("email:", EndsEarly),
        ("email:\"\"", EndsEarly),
        ("a:1 AND", EndsEarly),
        ("a:1 OR ", EndsEarly),
        ("NOT", EndsEarly),
        ("a:\\", EndsEarly),
        ("a:\"x", NotClosed('"')),
        ("a:\"x\\", NotClosed('"')),
        ("(a:1", NotClosed('(')),
        ("a:(1 OR 2", NotClosed('(')),
        ("a:[1 TO 2", NotClosed('[')),
        ("a:[", NotClosed('[')),
        ("a:1)", Unexpected(')')),
        ("()", Unexpected(')')),
        (":x", Unexpected(':')),
        ("a:x\"y\"", Unexpected('"')),
        ("a:x?z", Unexpected('?')),
        ("a:/x.*/", Unexpected('/')),
        ("a:roam~", Unexpected('~')),
        ("a:x^2", Unexpected('^')),
        ("_exists_:a*", Unexpected('*')),
        ("a:[1 2]", NotARange),
        ("a:[1 TO]", NotARange),
        ("a:[TO 5]", NotARange),
        ("a:[1* TO 5]", NotARange),
        ("a:[* TO *]", OpenRange),
        ("a:*xy", TooFewLiterals),
        ("a:x*y", TooFewLiterals),
        ("a:a*b*c*d*e*f", TooManyWildcards),
    ] {
        assert_eq!(Expression::parse(text), Err(expected), "{text}");
    }
}

#[test]
fn ad_08_size_and_depth_are_bounded() {
    let terms = |count| vec!["a:1"; count].join(" OR ");
    assert!(Expression::parse(&terms(MOST_TERMS)).is_ok());
    assert_eq!(Expression::parse(&terms(MOST_TERMS + 1)), Err(SearchInvalid::TooManyTerms));
    let nested = |open: &str, close: &str, depth| open.repeat(depth) + "a:1" + &close.repeat(depth);
    for (open, close) in [("(", ")"), ("NOT ", ""), ("-", ""), ("a:(", ")")] {
        assert!(Expression::parse(&nested(open, close, DEEPEST)).is_ok(), "{open}");
        assert_eq!(Expression::parse(&nested(open, close, DEEPEST + 1)), Err(SearchInvalid::TooDeep), "{open}");
    }
    assert_eq!(Expression::parse(&"(".repeat(100_000)), Err(SearchInvalid::TooDeep));
}

proptest! {
    #[test]
    fn ad_07_no_text_makes_the_parser_panic(text in "\\PC{0,60}") {
        let _ = Expression::parse(&text);
    }

    #[test]
    fn ad_07_nor_one_made_of_what_has_a_meaning(
        parts in prop::collection::vec(prop::sample::select(
            vec!["a", ":", "\"", "(", ")", "[", "]", "{", "}", " TO ", " AND ", " OR ", "NOT ", "-", "*", "\\", "?", " ", "é"],
        ), 0..30),
    ) {
        let _ = Expression::parse(&parts.concat());
    }
}
