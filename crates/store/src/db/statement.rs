/// A statement: one text, or two where the engines leave no choice.
#[derive(Clone, Copy)]
pub(crate) struct Sql {
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

impl Sql {
    pub(crate) const fn both(text: &'static str) -> Self {
        Sql { sqlite: text, postgres: text }
    }
}

/// One statement. What is asked for `keeping` stays until the write ends: on SQLite there is no other write meanwhile,
/// and on Postgres none can delete it. What is asked for `deleting` is nobody else's to change, to delete, or to belong to.
macro_rules! statement {
    ($text:literal) => {
        $crate::db::Sql::both($text)
    };
    (keeping $text:literal) => {
        $crate::db::Sql { sqlite: $text, postgres: concat!($text, " FOR KEY SHARE") }
    };
    (deleting $text:literal) => {
        $crate::db::Sql { sqlite: $text, postgres: concat!($text, " FOR UPDATE") }
    };
}
pub(crate) use statement;

/// Declares a table module's statements and lists them in `ALL`, so that one test can prepare each on each engine.
macro_rules! statements {
    ($($name:ident = $($intent:ident)? $text:literal;)*) => {
        $(const $name: $crate::db::Sql = $crate::db::statement!($($intent)? $text);)*
        #[cfg(test)]
        pub(crate) const ALL: &[(&str, $crate::db::Sql)] = &[$((stringify!($name), $name),)*];
    };
}
pub(crate) use statements;
