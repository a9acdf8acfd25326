//! A file: what is on the disk of it, and what is not yet.

use fastrand::Rng;

/// The smallest piece that a disk writes whole.
const SECTOR: usize = 512;

#[derive(Default)]
pub(super) struct File {
    synced: Vec<u8>,
    /// In their order, each with the number of its step.
    pending: Vec<(usize, Change)>,
    length: usize,
}

enum Change {
    Wrote { offset: usize, bytes: Vec<u8> },
    Resized(usize),
}

/// What becomes of writes that were not synced.
#[derive(Clone, Copy)]
enum Fate {
    AllLost,
    /// In whatever order the disk liked, and some of them in part.
    SomeKept,
    /// Up to a moment.
    FirstKept,
}

impl File {
    pub(super) fn with(content: Vec<u8>) -> Self {
        File { length: content.len(), synced: content, pending: Vec::new() }
    }

    pub(super) fn length(&self) -> usize {
        self.length
    }

    pub(super) fn write(&mut self, step: usize, offset: usize, bytes: Vec<u8>) {
        self.length = self.length.max(offset + bytes.len());
        self.pending.push((step, Change::Wrote { offset, bytes }));
    }

    pub(super) fn resize(&mut self, step: usize, length: usize) {
        self.length = length;
        self.pending.push((step, Change::Resized(length)));
    }

    /// Whatever was done before this step is on the disk.
    pub(super) fn sync(&mut self, before: usize) {
        let is_later = self.pending.partition_point(|(step, _)| *step < before);
        for (_, change) in self.pending.drain(..is_later) {
            change.carry_out(&mut self.synced);
        }
    }

    /// What the disk has when the power is gone; and how many changes it does not have.
    pub(super) fn without_power(&self, random: &mut Rng) -> (Vec<u8>, u64) {
        let fate = [Fate::AllLost, Fate::SomeKept, Fate::FirstKept][random.usize(..3)];
        let kept = random.usize(..=self.pending.len());
        let (mut content, mut lost) = (self.synced.clone(), 0);
        for (number, (_, change)) in self.pending.iter().enumerate() {
            let is_kept = match fate {
                Fate::AllLost => false,
                Fate::SomeKept => change.carry_out_in_part(&mut content, random),
                Fate::FirstKept => number < kept,
            };
            if is_kept && matches!(fate, Fate::FirstKept) {
                change.carry_out(&mut content);
            }
            lost += u64::from(!is_kept);
        }
        (content, lost)
    }
}

impl Change {
    fn carry_out(&self, content: &mut Vec<u8>) {
        match self {
            Change::Wrote { offset, bytes } => put(content, *offset, bytes),
            Change::Resized(length) => content.resize(*length, 0),
        }
    }

    /// Sector by sector, as chance will have it. Whether it is there as a whole.
    fn carry_out_in_part(&self, content: &mut Vec<u8>, random: &mut Rng) -> bool {
        match self {
            Change::Wrote { offset, bytes } => {
                let mut is_whole = true;
                let is_lost = random.bool();
                for (number, sector) in bytes.chunks(SECTOR).enumerate() {
                    if is_lost || random.usize(..8) == 0 {
                        is_whole = false;
                    } else {
                        put(content, offset + number * SECTOR, sector);
                    }
                }
                is_whole
            }
            Change::Resized(length) => {
                let is_kept = random.bool();
                if is_kept {
                    content.resize(*length, 0);
                }
                is_kept
            }
        }
    }
}

fn put(content: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[offset..end].copy_from_slice(bytes);
}

#[test]
fn what_was_synced_is_there_and_no_byte_that_nobody_wrote() {
    let mut random = Rng::new();
    for _ in 0..100 {
        let mut file = File::default();
        file.write(1, 0, vec![b'a'; 4096]);
        file.write(3, 4096, vec![b'b'; 4096]);
        file.sync(2);
        let (content, lost) = file.without_power(&mut random);
        assert_eq!(content[..4096], [b'a'; 4096]);
        assert!(content[4096..].iter().all(|byte| [0, b'b'].contains(byte)));
        assert_eq!(lost == 0, content[4096..] == [b'b'; 4096]);
        file.sync(4);
        assert_eq!(file.without_power(&mut random), ([[b'a'; 4096], [b'b'; 4096]].concat(), 0));
    }
}
