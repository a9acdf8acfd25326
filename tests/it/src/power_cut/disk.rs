//! A folder on a disk: its files, and the names by which they are found.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use fastrand::Rng;

use super::file::File;
use super::trace::{Act, Step};

/// What the broker keeps, by the beginning of its names: the database and its log, and the key that opens what is sealed
/// in it.
const KEPT: &str = "landbridge.";

/// Memory that is shared by name. It is made anew from the log.
const SHARED_MEMORY: &str = "-shm";

/// Names of files, by their numbers.
type Names = BTreeMap<String, usize>;

pub(super) struct Disk {
    folder: PathBuf,
    files: Vec<File>,
    /// As the folder was when it was synced, and after each change since. A file system keeps their order.
    names: Vec<Names>,
    random: Rng,
    lost: u64,
}

impl Disk {
    /// With nothing on it yet.
    pub(super) fn new(folder: &Path) -> Self {
        let names = vec![Names::new()];
        Disk { folder: folder.to_owned(), files: Vec::new(), names, random: Rng::new(), lost: 0 }
    }

    /// How many writes to files were lost so far.
    pub(super) fn lost(&self) -> u64 {
        self.lost
    }

    /// Does what a process did.
    pub(super) fn take(&mut self, Step { number, began, act }: Step) {
        match act {
            Act::Opened { name, is_new, is_emptied } => self.open(number, name, is_new, is_emptied),
            Act::Wrote { name, offset, bytes } => {
                if let Some(file) = self.file(&name) {
                    let offset = offset.unwrap_or(file.length());
                    file.write(number, offset, bytes);
                }
            }
            Act::Resized { name, length } => {
                if let Some(file) = self.file(&name) {
                    file.resize(number, length);
                }
            }
            Act::Synced { path } if path == self.folder => drop(self.names.drain(..self.names.len() - 1)),
            Act::Synced { path } => {
                if let Some(file) = self.file(&name_of(&path)) {
                    file.sync(began);
                }
            }
            Act::Linked { from, to } => self.rename(|names| {
                let file = names.get(&from).copied();
                point(names, to, file)
            }),
            Act::Renamed { from, to } => self.rename(|names| {
                let file = names.remove(&from);
                point(names, to, file)
            }),
            Act::Removed { name } => self.rename(|names| names.remove(&name).is_some()),
        }
    }

    fn open(&mut self, number: usize, name: String, is_new: bool, is_emptied: bool) {
        if is_new && is_kept(&name) && !self.now().contains_key(&name) {
            let file = self.files.len();
            self.files.push(File::default());
            self.rename(|names| names.insert(name, file).is_none());
        } else if is_emptied && let Some(file) = self.file(&name) {
            file.resize(number, 0);
        }
    }

    fn now(&self) -> &Names {
        self.names.last().expect("there is always what was synced")
    }

    fn file(&mut self, name: &str) -> Option<&mut File> {
        let number = *self.now().get(name)?;
        self.files.get_mut(number)
    }

    /// Where a change concerns none of our files, there is none.
    fn rename(&mut self, change: impl FnOnce(&mut Names) -> bool) {
        let mut names = self.now().clone();
        if change(&mut names) {
            self.names.push(names);
        }
    }

    /// Puts the files into the folder as they are when the power has gone and come back.
    pub(super) fn lose_power(&mut self) {
        let names = self.names.swap_remove(self.random.usize(..self.names.len()));
        let mut files = Vec::new();
        self.sweep();
        for (name, number) in &names {
            let (content, lost) = self.files[*number].without_power(&mut self.random);
            self.lost += lost;
            let path = self.folder.join(name);
            fs::write(&path, &content).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
            files.push(File::with(content));
        }
        self.names = vec![names.into_keys().zip(0..).collect()];
        self.files = files;
    }

    fn sweep(&self) {
        for entry in fs::read_dir(&self.folder).unwrap().flatten() {
            if entry.file_name().to_string_lossy().starts_with(KEPT) {
                fs::remove_file(entry.path()).unwrap();
            }
        }
    }
}

/// Gives a file a name, if there is one.
fn point(names: &mut Names, name: String, file: Option<usize>) -> bool {
    file.is_some_and(|file| names.insert(name, file) != Some(file))
}

fn is_kept(name: &str) -> bool {
    name.starts_with(KEPT) && !name.ends_with(SHARED_MEMORY)
}

/// The last part of a path.
pub(super) fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
