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

/// Declares a table module's statements and lists them in `ALL`, so that one test can prepare each on each engine.
macro_rules! statements {
    ($($name:ident = $text:literal;)*) => {
        $(const $name: $crate::db::Sql = $crate::db::Sql::both($text);)*
        #[cfg(test)]
        pub(crate) const ALL: &[(&str, $crate::db::Sql)] = &[$((stringify!($name), $name),)*];
    };
}
pub(crate) use statements;
