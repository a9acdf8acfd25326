use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// Hands out a few bytes at a time, so that every boundary falls everywhere.
struct Trickle<'a> {
    rest: &'a [u8],
    step: usize,
}

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.step.min(self.rest.len()).min(buffer.len());
        buffer[..count].copy_from_slice(&self.rest[..count]);
        self.rest = &self.rest[count..];
        Ok(count)
    }
}

fn records(input: &[u8], step: usize) -> Vec<Record> {
    let opened = Records::open(Trickle { rest: input, step }).unwrap();
    opened.map(|records| records.map(Result::unwrap).collect()).unwrap_or_default()
}

fn row(line: u64, index: Option<u64>, text: &str) -> Record {
    Record { place: Place { line, index }, content: Ok(text.as_bytes().to_vec()) }
}

fn fault(line: u64, index: u64, fault: Fault) -> Record {
    Record { place: Place { line, index: Some(index) }, content: Err(fault) }
}

fn check(input: &str, expected: &[Record]) {
    for step in [1, 2, 7, 4096] {
        assert_eq!(records(input.as_bytes(), step), expected, "{input:?} in steps of {step}");
    }
}

#[test]
fn lines_are_rows_and_blank_ones_are_none() {
    check("", &[]);
    check(" \n\t\r\n", &[]);
    check("{}", &[row(1, None, "{}")]);
    check("\u{feff}{}\n", &[row(1, None, "{}")]);
    check("\n{\"a\":1}\r\n\n {}\n", &[row(2, None, "{\"a\":1}\r"), row(4, None, "{}")]);
    check("{\n{}", &[row(1, None, "{"), row(2, None, "{}")]);
}

#[test]
fn elements_are_rows() {
    let at = |line, index, text| row(line, Some(index), text);
    check("[]", &[]);
    check(" [ \n ] ", &[]);
    check("[{}]", &[at(1, 0, "{}")]);
    check("[{},\n{\"a\":[1,{}]} , {}\n]\n", &[at(1, 0, "{}"), at(2, 1, "{\"a\":[1,{}]}"), at(2, 2, "{}")]);
    check(r#"[{"a":"}],{"},{"b":"\"}\\"}]"#, &[at(1, 0, r#"{"a":"}],{"}"#), at(1, 1, r#"{"b":"\"}\\"}"#)]);
    check("[{\"a\":\n1},\n{}]", &[at(1, 0, "{\"a\":\n1}"), at(3, 1, "{}")]);
    check("[1,null , \"a,]\",[[]]]", &[at(1, 0, "1"), at(1, 1, "null"), at(1, 2, "\"a,]\""), at(1, 3, "[[]]")]);
    check("[{}}, {}]", &[at(1, 0, "{}"), at(1, 1, "}"), at(1, 2, "{}")]);
}

#[test]
fn a_damaged_array_ends_with_one_fault() {
    let first = || row(1, Some(0), "{}");
    check("[", &[fault(1, 0, Fault::CutOff)]);
    check("[{},", &[first(), fault(1, 1, Fault::CutOff)]);
    check("[{},\n{\"a\":[", &[first(), fault(2, 1, Fault::CutOff)]);
    check("[{},\"a\\\"]", &[first(), fault(1, 1, Fault::CutOff)]);
    check("[{}] {} {}", &[first(), fault(1, 1, Fault::AfterEnd)]);
}

#[test]
fn mg_15_a_row_beyond_the_limit_is_passed_over_and_the_next_is_read() {
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(LONGEST_ROW));
    let lines = records(format!("{long}\n{{}}").as_bytes(), 4096);
    let too_long = |index| Record { place: Place { line: 1, index }, content: Err(Fault::TooLong) };
    assert_eq!(lines, [too_long(None), row(2, None, "{}")]);
    let array = records(format!("[{long},{{}}]").as_bytes(), 4096);
    assert_eq!(array, [too_long(Some(0)), row(1, Some(1), "{}")]);
}

#[test]
fn a_row_of_exactly_the_limit_is_read() {
    let text = format!("\"{}\"", "x".repeat(LONGEST_ROW - 2));
    assert_eq!(records(text.as_bytes(), 4096), [row(1, None, &text)]);
}

#[test]
fn depth_costs_nothing() {
    let deep = "[".repeat(200_000);
    assert_eq!(records(deep.as_bytes(), 4096), [fault(1, 0, Fault::CutOff)]);
}

#[test]
fn an_input_that_fails_is_an_error_and_not_an_end() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let mut records = Records::open(io::Read::chain(&b"[{},"[..], Failing)).unwrap().unwrap();
    assert!(records.next().unwrap().is_ok());
    assert!(records.next().unwrap().is_err());
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[\"\\\\{}\\[\\],: a\u{e9}\n]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[\"\\\\{}a]{0,4}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn nothing_panics_and_everything_ends(input in prop::collection::vec(any::<u8>(), 0..200), step in 1_usize..9) {
        prop_assert!(records(&input, step).len() <= input.len() + 1);
    }

    #[test]
    fn json_like_noise_does_not_panic(input in "[\\[{},:\"\\\\ \n\\]a1]{0,60}", step in 1_usize..9) {
        prop_assert!(records(input.as_bytes(), step).len() <= input.len() + 1);
    }

    #[test]
    fn an_array_comes_apart_as_it_was_put_together(
        elements in prop::collection::vec(json(), 0..6),
        pretty in any::<bool>(),
        step in 1_usize..9,
    ) {
        let array = Value::Array(elements.clone());
        let text = if pretty { serde_json::to_string_pretty(&array) } else { serde_json::to_string(&array) };
        let found: Vec<Value> = records(text.unwrap().as_bytes(), step)
            .into_iter()
            .map(|record| serde_json::from_slice(&record.content.unwrap()).unwrap())
            .collect();
        prop_assert_eq!(found, elements);
    }

    #[test]
    fn lines_come_apart_as_they_were_put_together(
        rows in prop::collection::vec(prop::collection::btree_map("[a-z\"\\\\]{0,4}", json(), 0..3), 0..6),
        step in 1_usize..9,
    ) {
        let rows: Vec<Value> = rows.into_iter().map(|members| Value::Object(members.into_iter().collect())).collect();
        let text = rows.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
        let found: Vec<Value> = records(text.as_bytes(), step)
            .into_iter()
            .map(|record| serde_json::from_slice(&record.content.unwrap()).unwrap())
            .collect();
        prop_assert_eq!(found, rows);
    }
}
