//! Fields of documents that have no columns: what an operator or an application put into a user's metadata.

use serde_json::Value;

use super::text::{Texts, joined};
use super::{Test, TextTest};
use crate::db::{Args, EngineKind};

pub(super) fn holds(engine: EngineKind, args: &mut Args, column: &str, path: &[String], wanted: &Test) -> String {
    match engine {
        EngineKind::Sqlite => on_sqlite(args, column, path, wanted),
        EngineKind::Postgres => {
            args.push(on_postgres(path, wanted));
            format!("jsonb_path_exists({}, CAST(${} AS jsonpath))", document(column), args.len())
        }
    }
}

/// A column as Postgres reads its members. It refuses a document with U+0000, which came from an import; nothing is
/// found in such a one, instead of nothing anywhere.
pub(super) fn document(column: &str) -> String {
    format!("CAST(CASE WHEN strpos({column}, '\\u0000') = 0 THEN {column} ELSE '{{}}' END AS jsonb)")
}

/// Each step turns what it finds into a list, unless it is one, and goes on with each entry.
fn on_sqlite(args: &mut Args, column: &str, path: &[String], wanted: &Test) -> String {
    let mut steps = Vec::new();
    for (index, name) in path.iter().enumerate() {
        args.push(format!("$.\"{name}\""));
        let place = args.len();
        let object = match index.checked_sub(1) {
            None => column.to_owned(),
            Some(before) => format!("CASE e{before}.type WHEN 'object' THEN e{before}.value ELSE '{{}}' END"),
        };
        steps.push(format!(
            "json_each(CASE json_type({object}, ${place}) WHEN 'array' THEN {object} -> ${place} \
             ELSE json_array({object} -> ${place}) END) AS e{index}"
        ));
    }
    let entry = format!("e{}", path.len() - 1);
    format!("EXISTS (SELECT 1 FROM {} WHERE {})", steps.join(", "), sqlite_entry(args, &entry, wanted))
}

fn sqlite_entry(args: &mut Args, entry: &str, wanted: &Test) -> String {
    let Test::Text(wanted) = wanted else { return format!("{entry}.type <> 'null'") };
    let atom = format!("{entry}.atom");
    let text = Texts { engine: EngineKind::Sqlite, args }.test(&atom, wanted);
    let mut ways = vec![format!("{entry}.type = 'text' AND {text}")];
    let numbers = as_numbers(wanted, &atom, &SQL);
    ways.extend(numbers.map(|comparison| format!("{entry}.type IN ('integer', 'real') AND {comparison}")));
    ways.extend(as_flag(wanted).map(|flag| format!("{entry}.type = '{flag}'")));
    ways.join(" OR ")
}

/// A path of SQL/JSON. In its lax mode, which is the usual one, a list on the way counts as each of its entries.
fn on_postgres(path: &[String], wanted: &Test) -> String {
    let names: Vec<_> = path.iter().map(|name| quoted(name)).collect();
    format!("$.{}[*] ? ({})", names.join("."), postgres_entry(wanted))
}

fn postgres_entry(wanted: &Test) -> String {
    let Test::Text(wanted) = wanted else { return "@ != null".to_owned() };
    let mut ways = vec![match wanted {
        TextTest::Is(text) => format!("@ == {}", quoted(text)),
        TextTest::Like(literals) => format!("@ like_regex {} flag \"s\"", quoted(&regex(literals))),
        TextTest::Between(from, to) => compared("@", from.as_ref(), to.as_ref(), &PATH, |text| Some(quoted(text)))
            .expect("a text is written as a text"),
    }];
    ways.extend(as_numbers(wanted, "@", &PATH));
    ways.extend(as_flag(wanted).map(|flag| format!("@ == {flag}")));
    let ways: Vec<_> = ways.iter().map(|way| format!("({way})")).collect();
    ways.join(" || ")
}

/// How a language writes what differs.
struct Words {
    equals: &'static str,
    and: &'static str,
}

const SQL: Words = Words { equals: "=", and: "AND" };
const PATH: Words = Words { equals: "==", and: "&&" };

/// The same test on numbers, where its texts are numbers.
fn as_numbers(wanted: &TextTest, value: &str, words: &Words) -> Option<String> {
    match wanted {
        TextTest::Is(text) => Some(format!("{value} {} {}", words.equals, number(text)?)),
        TextTest::Like(_) => None,
        TextTest::Between(from, to) => compared(value, from.as_ref(), to.as_ref(), words, number),
    }
}

fn as_flag(wanted: &TextTest) -> Option<&'static str> {
    match wanted {
        TextTest::Is(text) => ["true", "false"].into_iter().find(|word| word == text),
        TextTest::Like(_) | TextTest::Between(..) => None,
    }
}

fn compared(
    value: &str,
    from: Option<&(String, bool)>,
    to: Option<&(String, bool)>,
    words: &Words,
    write: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let mut parts = Vec::new();
    for (limit, inner, outer) in [(from, ">=", ">"), (to, "<=", "<")] {
        if let Some((limit, is_included)) = limit {
            parts.push(format!("{value} {} {}", if *is_included { inner } else { outer }, write(limit)?));
        }
    }
    Some(parts.join(&format!(" {} ", words.and)))
}

/// A number as both engines write it, from a text that is nothing but one.
fn number(text: &str) -> Option<String> {
    let is_plain = text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_digit() || b"-+.eE".contains(&byte));
    match text.parse::<i64>() {
        Ok(number) => Some(number.to_string()),
        Err(_) => text.parse::<f64>().ok().filter(|number| is_plain && number.is_finite()).map(|n| n.to_string()),
    }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// A regular expression of Postgres's, in which a backslash takes the meaning from what is no letter or digit.
fn regex(literals: &[String]) -> String {
    let escape = |c: char| if c.is_ascii_punctuation() { format!("\\{c}") } else { c.to_string() };
    format!("^{}$", joined(literals, escape, ".*"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &[&str], test: TextTest, expected: &str) {
        let path: Vec<_> = path.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(on_postgres(&path, &Test::Text(test)), expected);
    }

    #[test]
    fn ad_07_no_text_leaves_its_quotation_marks() {
        check(
            &["a b", "c\"d"],
            TextTest::Is("x\") || (1 == 1".to_owned()),
            r#"$."a b"."c\"d"[*] ? ((@ == "x\") || (1 == 1"))"#,
        );
        let literals = ["a.", "(\"\\"].map(str::to_owned);
        check(&["a"], TextTest::Like(literals.into()), r#"$."a"[*] ? ((@ like_regex "^a\\..*\\(\\\"\\\\$" flag "s"))"#);
    }

    #[test]
    fn a_number_is_compared_as_text_and_as_a_number() {
        check(&["a"], TextTest::Is("5".to_owned()), r#"$."a"[*] ? ((@ == "5") || (@ == 5))"#);
        let between = TextTest::Between(Some(("5".to_owned(), true)), Some(("1e1".to_owned(), false)));
        check(&["a"], between, r#"$."a"[*] ? ((@ >= "5" && @ < "1e1") || (@ >= 5 && @ < 10))"#);
        for text in ["", "NaN", "inf", "1e999", "0x10", "1_000", "5 ", "5; DROP"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
