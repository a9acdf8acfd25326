use memchr::memchr;
use sqlx::Arguments;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;

use crate::StoreError;

/// What can be bound. `None` carries its type, which Postgres wants to know of a NULL too.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(Option<String>),
    Integer(Option<i64>),
    Flag(Option<bool>),
    Bytes(Option<Vec<u8>>),
    /// For SQLite, which has no lists, an array of JSON.
    Texts(Vec<String>),
}

impl Value {
    fn has_nul(&self) -> bool {
        match self {
            Value::Text(text) => text.as_deref().is_some_and(has_nul),
            Value::Texts(texts) => texts.iter().any(|text| has_nul(text)),
            Value::Integer(_) | Value::Flag(_) | Value::Bytes(_) => false,
        }
    }
}

fn has_nul(text: &str) -> bool {
    memchr(0, text.as_bytes()).is_some()
}

/// The values of a statement's placeholders, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Args(Vec<Value>);

impl Args {
    pub(crate) fn push(&mut self, value: impl Into<Value>) {
        self.0.push(value.into());
    }

    pub(crate) fn extend(&mut self, more: &Args) {
        self.0.extend(more.0.iter().cloned());
    }

    pub(super) fn append(&mut self, mut more: Args) {
        self.0.append(&mut more.0);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// SQLite would store such a text, and cut it short wherever it compares it as a C string.
    fn refuse_nul_characters(&self) -> Result<(), StoreError> {
        if self.0.iter().any(Value::has_nul) { Err(StoreError::NulCharacter) } else { Ok(()) }
    }

    pub(super) fn for_sqlite(self) -> Result<SqliteArguments, StoreError> {
        self.refuse_nul_characters()?;
        let mut arguments = SqliteArguments::default();
        for value in self.0 {
            match value {
                Value::Text(text) => arguments.add(text),
                Value::Integer(number) => arguments.add(number),
                Value::Flag(flag) => arguments.add(flag),
                Value::Bytes(bytes) => arguments.add(bytes),
                Value::Texts(texts) => arguments.add(serde_json::json!(texts).to_string()),
            }
            .map_err(StoreError::Failed)?;
        }
        Ok(arguments)
    }

    pub(super) fn for_postgres(self) -> Result<PgArguments, StoreError> {
        self.refuse_nul_characters()?;
        let mut arguments = PgArguments::default();
        for value in self.0 {
            match value {
                Value::Text(text) => arguments.add(text),
                Value::Integer(number) => arguments.add(number),
                Value::Flag(flag) => arguments.add(flag),
                Value::Bytes(bytes) => arguments.add(bytes),
                Value::Texts(texts) => arguments.add(texts),
            }
            .map_err(StoreError::Failed)?;
        }
        Ok(arguments)
    }
}

/// One column of many rows.
#[derive(Debug)]
pub(super) enum Column {
    Texts(Vec<Option<String>>),
    Integers(Vec<Option<i64>>),
    Flags(Vec<Option<bool>>),
}

impl Column {
    /// The values of many rows by column. All rows have the kinds of the first.
    pub(super) fn all_of(rows: Vec<Args>) -> Result<Vec<Column>, StoreError> {
        let empty = |value: &Value| match value {
            Value::Integer(_) => Column::Integers(Vec::with_capacity(rows.len())),
            Value::Flag(_) => Column::Flags(Vec::with_capacity(rows.len())),
            Value::Text(_) | Value::Bytes(_) | Value::Texts(_) => Column::Texts(Vec::with_capacity(rows.len())),
        };
        let mut columns: Vec<Column> = rows.first().into_iter().flat_map(|row| &row.0).map(empty).collect();
        for row in rows {
            row.refuse_nul_characters()?;
            for (column, value) in columns.iter_mut().zip(row.0) {
                column.push(value);
            }
        }
        Ok(columns)
    }

    fn push(&mut self, value: Value) {
        match (self, value) {
            (Column::Texts(texts), Value::Text(text)) => texts.push(text),
            (Column::Integers(numbers), Value::Integer(number)) => numbers.push(number),
            (Column::Flags(flags), Value::Flag(flag)) => flags.push(flag),
            (column, value) => unreachable!("{column:?} has no place for {value:?}"),
        }
    }

    /// What a place for it says of its type.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Column::Texts(_) => "TEXT[]",
            Column::Integers(_) => "BIGINT[]",
            Column::Flags(_) => "BOOLEAN[]",
        }
    }

    pub(super) fn bind(self, arguments: &mut PgArguments) -> Result<(), StoreError> {
        match self {
            Column::Texts(texts) => arguments.add(texts),
            Column::Integers(numbers) => arguments.add(numbers),
            Column::Flags(flags) => arguments.add(flags),
        }
        .map_err(StoreError::Failed)
    }
}

/// Builds [`Args`] from anything that converts into a [`Value`].
macro_rules! args {
    ($($value:expr),* $(,)?) => {{
        #[allow(unused_mut, reason = "a statement without placeholders pushes nothing")]
        let mut args = $crate::db::Args::default();
        $(args.push($value);)*
        args
    }};
}
pub(crate) use args;

macro_rules! values {
    ($($from:ty => $kind:ident($convert:expr),)*) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                let convert: fn($from) -> _ = $convert;
                Value::$kind(convert(value))
            }
        }
    )*};
}

values! {
    &str => Text(|text| Some(text.to_owned())),
    &String => Text(|text| Some(text.clone())),
    String => Text(Some),
    Option<String> => Text(|text| text),
    Option<&str> => Text(|text| text.map(str::to_owned)),
    i64 => Integer(Some),
    Option<i64> => Integer(|number| number),
    bool => Flag(Some),
    Option<bool> => Flag(|flag| flag),
    &[u8] => Bytes(|bytes| Some(bytes.to_vec())),
    &[u8; 32] => Bytes(|bytes| Some(bytes.to_vec())),
    &[&str] => Texts(|texts| texts.iter().map(|text| (*text).to_owned()).collect()),
    &[model::UserId] => Texts(|ids| ids.iter().map(|id| id.as_str().to_owned()).collect()),
    Vec<u8> => Bytes(Some),
    Option<Vec<u8>> => Bytes(|bytes| bytes),
    model::Timestamp => Integer(|moment| Some(moment.millis())),
    Option<model::Timestamp> => Integer(|moment| moment.map(model::Timestamp::millis)),
    &protocol::scope::ScopeSet => Text(|scope| Some(scope.to_string())),
    &model::UserId => Text(|id| Some(id.as_str().to_owned())),
    &model::CredentialId => Text(|id| Some(id.as_str().to_owned())),
    &model::ClientId => Text(|id| Some(id.as_str().to_owned())),
    &model::ConnectionId => Text(|id| Some(id.as_str().to_owned())),
    &model::ResourceServerId => Text(|id| Some(id.as_str().to_owned())),
    &model::ClientGrantId => Text(|id| Some(id.as_str().to_owned())),
    &model::GrantId => Text(|id| Some(id.as_str().to_owned())),
    &model::RoleId => Text(|id| Some(id.as_str().to_owned())),
    &model::SessionId => Text(|id| Some(id.as_str().to_owned())),
    &model::FamilyId => Text(|id| Some(id.as_str().to_owned())),
    &model::RefreshTokenId => Text(|id| Some(id.as_str().to_owned())),
    &model::EventId => Text(|id| Some(id.as_str().to_owned())),
    &model::JobId => Text(|id| Some(id.as_str().to_owned())),
    Option<&model::UserId> => Text(|id| id.map(|id| id.as_str().to_owned())),
    Option<&model::ClientId> => Text(|id| id.map(|id| id.as_str().to_owned())),
    Option<&model::SessionId> => Text(|id| id.map(|id| id.as_str().to_owned())),
    Option<&model::RefreshTokenId> => Text(|id| id.map(|id| id.as_str().to_owned())),
    &model::address::FoldedEmail => Text(|email| Some(email.as_str().to_owned())),
    Option<&model::address::FoldedEmail> => Text(|email| email.map(|email| email.as_str().to_owned())),
}
