//! The search syntax of the Management API's lists.

use protocol::search::{Condition, DEEPEST, Expression, Limit, MOST_TERMS, MOST_WILDCARDS, Term};

/// What is printed reads the same again, and is within bounds.
pub(crate) fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(expression) = Expression::parse(text) else { return };
    let (terms, depth) = size(&expression);
    assert!((1..=MOST_TERMS).contains(&terms), "{terms} terms");
    assert!(depth <= 2 * DEEPEST + 2, "{depth} levels");
    let printed = print(&expression);
    assert_eq!(Expression::parse(&printed).as_ref(), Ok(&expression), "{printed}");
}

/// How many terms there are, and how deep they are nested.
fn size(expression: &Expression) -> (usize, usize) {
    let inner = match expression {
        Expression::Term(_) => return (1, 0),
        Expression::Not(inner) => vec![size(inner)],
        Expression::All(parts) | Expression::Any(parts) => parts.iter().map(size).collect(),
    };
    let depth = inner.iter().map(|(_, depth)| depth).max();
    (inner.iter().map(|(terms, _)| terms).sum(), 1 + depth.expect("nothing is empty"))
}

/// With parentheses only where there must have been some, for they count towards the depth.
fn print(expression: &Expression) -> String {
    match expression {
        Expression::Term(term) => print_term(term),
        Expression::Not(inner) => format!("NOT {}", print_within(inner, is_single)),
        Expression::All(parts) => join(parts, " AND ", is_single),
        Expression::Any(parts) => join(parts, " OR ", |part| is_single(part) || matches!(part, Expression::All(_))),
    }
}

fn is_single(expression: &Expression) -> bool {
    matches!(expression, Expression::Term(_) | Expression::Not(_))
}

fn join(parts: &[Expression], operator: &str, stands_alone: fn(&Expression) -> bool) -> String {
    parts.iter().map(|part| print_within(part, stands_alone)).collect::<Vec<_>>().join(operator)
}

fn print_within(part: &Expression, stands_alone: fn(&Expression) -> bool) -> String {
    if stands_alone(part) { print(part) } else { format!("({})", print(part)) }
}

fn print_term(Term { field, condition }: &Term) -> String {
    match (condition, field) {
        (Condition::Exists, Some(field)) => format!("_exists_:{}", quoted(field)),
        (Condition::Exists, None) => "*".to_owned(),
        (Condition::Is(value), _) => format!("{}{}", print_field(field.as_deref()), quoted(value)),
        (Condition::Like(literals), _) => {
            let wildcards = literals.len() - 1;
            assert!((1..=MOST_WILDCARDS).contains(&wildcards), "{wildcards} wildcards");
            let escaped: Vec<_> = literals.iter().map(|literal| escaped(literal)).collect();
            format!("{}{}", print_field(field.as_deref()), escaped.join("*"))
        }
        (Condition::Between(from, to), _) => {
            let is_included = |limit: &Option<Limit>| limit.as_ref().is_none_or(|limit| limit.is_included);
            let open = if is_included(from) { '[' } else { '{' };
            let close = if is_included(to) { ']' } else { '}' };
            let value = |limit: &Option<Limit>| limit.as_ref().map_or("*".to_owned(), |limit| quoted(&limit.value));
            format!("{}{open}{} TO {}{close}", print_field(field.as_deref()), value(from), value(to))
        }
    }
}

fn print_field(field: Option<&str>) -> String {
    field.map(|field| format!("{}:", escaped(field))).unwrap_or_default()
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

fn escaped(text: &str) -> String {
    text.chars().flat_map(|character| ['\\', character]).collect()
}
