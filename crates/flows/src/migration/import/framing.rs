//! Cutting an input into rows without ever holding more than one: the elements of a JSON array, or the lines of NDJSON.
//!
//! Only where a row ends is decided here. Whether it is JSON is for whoever reads it, so that a damaged row is refused
//! by itself.

use std::io::{self, BufRead, BufReader, Read};

use memchr::{memchr, memchr_iter};
use serde::Serialize;

/// The longest row that is looked at, bytes.
pub(super) const LONGEST_ROW: usize = 1024 * 1024;

const BUFFER: usize = 64 * 1024;

/// Where a row begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The line, from 1.
    pub line: u64,
    /// In an array, how many elements come before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
}

/// A row, or what stands in its place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) place: Place,
    pub(super) content: Result<Vec<u8>, Fault>,
}

/// Why there is no row to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is longer than [`LONGEST_ROW`]; it was passed over.
    TooLong,
    /// The input ends before the array does.
    CutOff,
    /// Something follows the array. It was not read.
    AfterEnd,
}

/// What the input is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Lines,
    Array(Position),
}

/// How much of an array is behind us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    Before,
    Within,
    After,
    Done,
}

/// The rows of an input.
pub(super) struct Records<R> {
    cursor: Cursor<R>,
    framing: Framing,
    /// The first byte that is not blank.
    first: u8,
    /// How many elements of the array were read.
    index: u64,
}

impl<R: Read> Records<R> {
    /// Looks at the beginning. `None` where there is nothing but white space.
    pub(super) fn open(input: R) -> io::Result<Option<Self>> {
        let mut cursor = Cursor { reader: BufReader::with_capacity(BUFFER, input), line: 1 };
        cursor.skip_byte_order_mark()?;
        let Some(first) = cursor.skip_blanks(false)? else { return Ok(None) };
        let framing = if first == b'[' { Framing::Array(Position::Before) } else { Framing::Lines };
        Ok(Some(Records { cursor, framing, first, index: 0 }))
    }

    /// Whether the rows are the elements of one JSON array.
    pub(super) fn are_array(&self) -> bool {
        matches!(self.framing, Framing::Array(_))
    }

    /// The first byte that is not blank.
    pub(super) fn first_byte(&self) -> u8 {
        self.first
    }

    fn next_record(&mut self) -> io::Result<Option<Record>> {
        match self.framing {
            Framing::Lines => self.next_line(),
            Framing::Array(position) => self.next_element(position),
        }
    }

    fn next_line(&mut self) -> io::Result<Option<Record>> {
        if self.cursor.skip_blanks(false)?.is_none() {
            return Ok(None);
        }
        let place = Place { line: self.cursor.line, index: None };
        let newline = |piece: &[u8]| memchr(b'\n', piece).map(|at| End { row: at, taken: at + 1 });
        let (content, _) = self.cursor.take_row(newline)?;
        Ok(Some(Record { place, content }))
    }

    fn next_element(&mut self, position: Position) -> io::Result<Option<Record>> {
        if position == Position::Done {
            return Ok(None);
        }
        let next = self.cursor.skip_blanks(position == Position::Within)?;
        match (position, next) {
            (Position::Before, Some(bracket)) => {
                self.cursor.bump(bracket);
                self.framing = Framing::Array(Position::Within);
                self.next_element(Position::Within)
            }
            (Position::Within, Some(b']')) => {
                self.cursor.bump(b']');
                self.framing = Framing::Array(Position::After);
                self.next_element(Position::After)
            }
            (Position::Within, Some(_)) => self.element().map(Some),
            (Position::Before | Position::Within, None) => Ok(Some(self.stop(Fault::CutOff))),
            (Position::After, Some(_)) => Ok(Some(self.stop(Fault::AfterEnd))),
            (Position::After | Position::Done, _) => Ok(None),
        }
    }

    fn stop(&mut self, fault: Fault) -> Record {
        self.framing = Framing::Array(Position::Done);
        Record { place: self.place(), content: Err(fault) }
    }

    fn place(&self) -> Place {
        Place { line: self.cursor.line, index: Some(self.index) }
    }

    fn element(&mut self) -> io::Result<Record> {
        let place = self.place();
        let mut scanner = Scanner::default();
        let (content, has_ended) = self.cursor.take_row(|piece| scanner.end_in(piece))?;
        if !has_ended {
            self.framing = Framing::Array(Position::Done);
            return Ok(Record { place, content: Err(Fault::CutOff) });
        }
        self.index += 1;
        Ok(Record { place, content })
    }
}

impl<R: Read> Iterator for Records<R> {
    type Item = io::Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_record().transpose()
    }
}

/// Where a row ends within a piece of the input: how many of its bytes are the row's, and how many are done with.
#[derive(Clone, Copy)]
struct End {
    row: usize,
    taken: usize,
}

/// The input, with its lines counted.
struct Cursor<R> {
    reader: BufReader<R>,
    line: u64,
}

impl<R: Read> Cursor<R> {
    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.reader.fill_buf()?.first().copied())
    }

    /// Takes the byte that [`Cursor::peek`] showed.
    fn bump(&mut self, byte: u8) {
        self.reader.consume(1);
        self.line += u64::from(byte == b'\n');
    }

    /// Takes a row in pieces as large as the buffer holds them, up to the one in which `end_in` finds its end. Answers
    /// whether it was found before the input ended.
    fn take_row(&mut self, mut end_in: impl FnMut(&[u8]) -> Option<End>) -> io::Result<(Result<Vec<u8>, Fault>, bool)> {
        let mut row = Row::default();
        loop {
            let piece = self.reader.fill_buf()?;
            if piece.is_empty() {
                return Ok((row.finish(), false));
            }
            let end = end_in(piece);
            let End { row: own, taken } = end.unwrap_or(End { row: piece.len(), taken: piece.len() });
            row.push(&piece[..own]);
            self.line += memchr_iter(b'\n', &piece[..taken]).count() as u64;
            self.reader.consume(taken);
            if end.is_some() {
                return Ok((row.finish(), true));
            }
        }
    }

    fn skip_byte_order_mark(&mut self) -> io::Result<()> {
        for byte in *b"\xef\xbb\xbf" {
            if self.peek()? != Some(byte) {
                break;
            }
            self.bump(byte);
        }
        Ok(())
    }

    /// Passes over white space, and commas too where elements are told apart by what they are. Shows what follows.
    fn skip_blanks(&mut self, commas: bool) -> io::Result<Option<u8>> {
        while let Some(byte) = self.peek()? {
            let is_skipped = is_blank(byte) || (commas && byte == b',');
            if !is_skipped {
                return Ok(Some(byte));
            }
            self.bump(byte);
        }
        Ok(None)
    }
}

/// JSON's white space (RFC 8259 2).
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// The bytes of a row, up to the longest that is looked at.
#[derive(Default)]
struct Row {
    bytes: Vec<u8>,
    too_long: bool,
}

impl Row {
    fn push(&mut self, piece: &[u8]) {
        self.too_long |= piece.len() > LONGEST_ROW - self.bytes.len();
        if !self.too_long {
            self.bytes.extend_from_slice(piece);
        }
    }

    fn finish(self) -> Result<Vec<u8>, Fault> {
        if self.too_long { Err(Fault::TooLong) } else { Ok(self.bytes) }
    }
}

/// Finds the end of a JSON value. Depth is a number, so that a deep value costs no more than a flat one.
#[derive(Default)]
struct Scanner {
    depth: u64,
    in_string: bool,
    escaped: bool,
    /// It is a number or a word, which ends where something else begins.
    is_word: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Inside,
    /// The value ends with this byte.
    Last,
    /// The value ended before this byte.
    Outside,
}

impl Scanner {
    fn end_in(&mut self, piece: &[u8]) -> Option<End> {
        (0..).zip(piece).find_map(|(at, byte)| match self.step(*byte) {
            Step::Inside => None,
            Step::Last => Some(End { row: at + 1, taken: at + 1 }),
            Step::Outside => Some(End { row: at, taken: at }),
        })
    }

    fn step(&mut self, byte: u8) -> Step {
        if self.in_string {
            return self.step_in_string(byte);
        }
        if self.is_word {
            return if is_blank(byte) || matches!(byte, b',' | b']') { Step::Outside } else { Step::Inside };
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' if self.depth > 0 => {
                self.depth -= 1;
                return self.step_at_end();
            }
            _ if self.depth == 0 => self.is_word = true,
            _ => {}
        }
        Step::Inside
    }

    fn step_in_string(&mut self, byte: u8) -> Step {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => {
                self.in_string = false;
                return self.step_at_end();
            }
            _ => {}
        }
        Step::Inside
    }

    fn step_at_end(&self) -> Step {
        if self.depth == 0 { Step::Last } else { Step::Inside }
    }
}

#[cfg(test)]
mod tests;
