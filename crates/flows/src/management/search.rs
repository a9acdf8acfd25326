//! The part of Auth0's search syntax that is known here: one field with one exact value.

use super::QueryInvalid;

/// Reads `field:"value"`, or `field:value` where nothing in the value means anything in the full syntax.
pub(super) fn term(q: &str, fields: &[&'static str]) -> Result<(&'static str, String), QueryInvalid> {
    let read = || {
        let (field, value) = q.trim().split_once(':')?;
        let field = fields.iter().find(|known| **known == field)?;
        Some((*field, quoted(value).or_else(|| plain(value))?))
    };
    read().ok_or_else(|| {
        let known: Vec<_> = fields.iter().map(|field| format!("{field}:\"value\"")).collect();
        QueryInvalid::new("q", format!("must be one exact term, one of: {}", known.join(", ")))
    })
}

/// A value between quotation marks, where a backslash takes the meaning from the character behind it.
fn quoted(text: &str) -> Option<String> {
    let mut inner = text.strip_prefix('"')?.strip_suffix('"')?.chars();
    let mut value = String::new();
    while let Some(character) = inner.next() {
        match character {
            '"' => return None,
            '\\' => value.push(inner.next()?),
            character => value.push(character),
        }
    }
    (!value.is_empty()).then_some(value)
}

fn plain(text: &str) -> Option<String> {
    let is_plain = |c: char| !c.is_whitespace() && !"*?\"()[]{}~^\\:!&".contains(c);
    (!text.is_empty() && text.chars().all(is_plain)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::term;

    #[track_caller]
    fn check(q: &str, expected: Option<(&str, &str)>) {
        let found = term(q, &["email", "user_id"]).ok();
        assert_eq!(found.as_ref().map(|(field, value)| (*field, value.as_str())), expected, "{q}");
    }

    #[test]
    fn one_exact_term_is_understood() {
        check(r#"email:"ann@x.io""#, Some(("email", "ann@x.io")));
        check(" email:ann@x.io ", Some(("email", "ann@x.io")));
        check(r#"user_id:"auth0|a \"b\" \\ c""#, Some(("user_id", r#"auth0|a "b" \ c"#)));
        check(r#"email:"x' OR 1=1 --""#, Some(("email", "x' OR 1=1 --")));
    }

    #[test]
    fn ad_07_everything_else_is_refused() {
        for q in [
            "",
            "ann@x.io",
            "email:",
            r#"email:"""#,
            "email:ann*",
            "email:*",
            "email:[a TO b]",
            r#"email:"a" OR email:"b""#,
            r#"email:"a\""#,
            r#"NOT email:"a""#,
            "_exists_:email",
            r#"password:"x""#,
            r#"EMAIL:"x""#,
        ] {
            check(q, None);
        }
    }
}
