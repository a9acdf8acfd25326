//! Conditions on a list that a caller composes: fields of a closed set, values that are bound.
//!
//! What a list's fields are is said by its module. Each engine has functions of its own for JSON and for patterns, so
//! that here, and nowhere else, a text depends on the engine.

mod json;
mod text;

use crate::db::{Args, EngineKind};
use text::Texts;

/// Which rows are wanted.
#[derive(Clone, Debug)]
pub enum Condition {
    /// Those for which each of these holds; every row where there is none.
    All(Vec<Condition>),
    /// Those for which one of these holds; no row where there is none.
    Any(Vec<Condition>),
    /// Those for which it does not hold.
    Not(Box<Condition>),
    /// Those whose field is so.
    Holds(Field, Test),
}

/// A field by which a list can be searched.
#[derive(Clone, Debug)]
pub struct Field {
    pub(crate) kind: Kind,
    pub(crate) place: Place,
}

/// What a field holds, which says how its value is read and which [`Test`]s it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// Text of which the case of ASCII letters does not matter. Tests hold it in lower case.
    Caseless,
    /// An address. Tests hold it folded.
    Email,
    /// Yes or no.
    Flag,
    /// A whole number.
    Number,
    /// Milliseconds since the Unix epoch.
    Moment,
    /// Whatever stands there in a JSON document: text, a number, yes or no, or a list of them.
    Json,
    /// The same, compared as a whole alone.
    ExactJson,
}

/// Where a field is kept.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// A column that may be empty.
    Column(&'static str),
    /// A column that never is.
    Filled(&'static str),
    /// A text in a column's JSON object.
    Member(&'static str, &'static str),
    /// What stands behind the `@` of a column's address.
    Domain(&'static str),
    /// A column of `identities i JOIN connections c`, of any of a user's.
    Identity(&'static str),
    /// Behind these names in a column's JSON object. A list on the way counts as each of its entries.
    Path(&'static str, Vec<String>),
}

/// What a field must be.
#[derive(Clone, Debug)]
pub enum Test {
    /// There.
    Present,
    /// A text like this.
    Text(TextTest),
    /// This.
    Flag(bool),
    /// Between these two, which belong to it.
    Between(Option<i64>, Option<i64>),
}

/// What a text must be.
#[derive(Clone, Debug)]
pub enum TextTest {
    /// This one.
    Is(String),
    /// These literals with anything between two of them.
    Like(Vec<String>),
    /// Between these two, as code points sort; a limit that is `true` belongs to it.
    Between(Option<(String, bool)>, Option<(String, bool)>),
}

impl Condition {
    /// Whether it asks for nothing, as a wildcard alone does.
    pub(crate) fn is_of_all(&self) -> bool {
        matches!(self, Condition::All(parts) if parts.is_empty())
    }
}

impl Field {
    /// What it holds.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn column(kind: Kind, column: &'static str) -> Self {
        Field { kind, place: Place::Column(column) }
    }

    pub(crate) fn filled(kind: Kind, column: &'static str) -> Self {
        Field { kind, place: Place::Filled(column) }
    }

    /// Whether each row has it.
    pub(crate) fn is_always_there(&self) -> bool {
        matches!(self.place, Place::Filled(_))
    }

    pub(crate) fn member(kind: Kind, column: &'static str, name: &'static str) -> Self {
        Field { kind, place: Place::Member(column, name) }
    }

    /// What a row is sorted by.
    pub(crate) fn expression(&self, engine: EngineKind) -> String {
        let expression = match &self.place {
            Place::Column(column) | Place::Filled(column) | Place::Identity(column) | Place::Path(column, _) => {
                (*column).to_owned()
            }
            Place::Member(column, name) => member(engine, column, name),
            Place::Domain(column) => domain(engine, column),
        };
        if self.kind == Kind::Caseless { format!("lower({expression})") } else { expression }
    }
}

fn member(engine: EngineKind, column: &str, name: &str) -> String {
    match engine {
        EngineKind::Sqlite => format!("{column} ->> '{name}'"),
        // In another order than "C", upper and lower case would differ beyond ASCII.
        EngineKind::Postgres => format!("({} ->> '{name}') COLLATE \"C\"", json::document(column)),
    }
}

fn domain(engine: EngineKind, column: &str) -> String {
    let position = match engine {
        EngineKind::Sqlite => "instr",
        EngineKind::Postgres => "strpos",
    };
    format!("substr({column}, {position}({column}, '@') + 1)")
}

/// The condition as SQL, with its values behind those that are there already.
pub(crate) fn compile(condition: &Condition, engine: EngineKind, args: &mut Args) -> String {
    Compiler { engine, args }.condition(condition)
}

struct Compiler<'a> {
    engine: EngineKind,
    args: &'a mut Args,
}

impl Compiler<'_> {
    fn condition(&mut self, condition: &Condition) -> String {
        match condition {
            Condition::All(parts) => self.joined(parts, " AND ", "1 = 1"),
            Condition::Any(parts) => self.joined(parts, " OR ", "1 = 0"),
            Condition::Not(inner) => format!("NOT ({})", self.condition(inner)),
            Condition::Holds(field, wanted) => self.holds(field, wanted),
        }
    }

    fn joined(&mut self, parts: &[Condition], operator: &str, nothing: &str) -> String {
        let parts: Vec<_> = parts.iter().map(|part| self.condition(part)).collect();
        if parts.is_empty() { nothing.to_owned() } else { format!("({})", parts.join(operator)) }
    }

    /// Never NULL, so that what is negated holds for rows without the field too.
    fn holds(&mut self, field: &Field, wanted: &Test) -> String {
        match &field.place {
            Place::Path(column, path) => json::holds(self.engine, self.args, column, path, wanted),
            Place::Identity(column) => format!(
                "EXISTS (SELECT 1 FROM identities i JOIN connections c ON c.id = i.connection_id \
                 WHERE i.user_id = users.user_id AND {})",
                self.test(column, wanted)
            ),
            _ => {
                let expression = field.expression(self.engine);
                format!("({expression} IS NOT NULL AND {})", self.test(&expression, wanted))
            }
        }
    }

    fn test(&mut self, expression: &str, wanted: &Test) -> String {
        match wanted {
            Test::Present => "1 = 1".to_owned(),
            Test::Text(text) => Texts { engine: self.engine, args: self.args }.test(expression, text),
            Test::Flag(flag) => {
                self.args.push(*flag);
                format!("{expression} = ${}", self.args.len())
            }
            Test::Between(from, to) => self.between(expression, *from, *to),
        }
    }

    fn between(&mut self, expression: &str, from: Option<i64>, to: Option<i64>) -> String {
        let limits = [(">=", from), ("<=", to)];
        let mut parts = Vec::new();
        for (operator, limit) in limits.into_iter().filter_map(|(operator, limit)| Some((operator, limit?))) {
            self.args.push(limit);
            parts.push(format!("{expression} {operator} ${}", self.args.len()));
        }
        parts.join(" AND ")
    }
}
