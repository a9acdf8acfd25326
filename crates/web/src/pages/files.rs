//! Where page files come from: the binary, and a folder that replaces some of them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::PagesError;

/// Larger than any page file should be; a bound for what a start reads into memory.
const MAX_FILE_BYTES: u64 = 2 * 1024 * 1024;

#[derive(rust_embed::RustEmbed)]
#[folder = "../../ui/pages"]
struct Embedded;

/// One file, read.
pub(crate) struct PageFile {
    /// Where it lies, for messages.
    pub(crate) origin: String,
    /// Its content.
    pub(crate) bytes: Cow<'static, [u8]>,
}

impl PageFile {
    /// Its content as text.
    pub(crate) fn text(&self) -> Result<&str, PagesError> {
        std::str::from_utf8(&self.bytes)
            .map_err(|_| PagesError::Unusable { file: self.origin.clone(), reason: "it is not UTF-8 text".to_owned() })
    }
}

/// Files by their path below the folder, such as `login.html` or `assets/landbridge.css`.
pub(crate) type PageFiles = BTreeMap<String, PageFile>;

/// The files of the binary.
pub(super) fn embedded() -> PageFiles {
    embedded_in::<Embedded>("ui/pages")
}

/// The files of one folder of the binary.
pub(crate) fn embedded_in<Folder: rust_embed::RustEmbed>(folder: &str) -> PageFiles {
    let file = |name: &str| {
        let bytes = Folder::get(name)?.data;
        Some((name.to_owned(), PageFile { origin: format!("{folder}/{name}"), bytes }))
    };
    Folder::iter().filter_map(|name| file(&name)).collect()
}

/// The files of an override folder. A template or folder we do not know is refused, since it is most likely a
/// misspelled one; assets and languages may be added.
pub(super) fn overriding(folder: &Path, embedded: &PageFiles) -> Result<PageFiles, PagesError> {
    let mut files = PageFiles::new();
    for path in entries(folder)? {
        let name = file_name(&path);
        if matches!(name.as_str(), "assets" | "locales") && path.is_dir() {
            for inner in entries(&path)? {
                files.insert(format!("{name}/{}", file_name(&inner)), read(&inner)?);
            }
        } else if embedded.contains_key(&name) {
            files.insert(name, read(&path)?);
        } else {
            return Err(PagesError::Unknown { path, known: known(embedded) });
        }
    }
    Ok(files)
}

fn known(embedded: &PageFiles) -> String {
    let templates = embedded.keys().filter(|name| !name.contains('/')).map(String::as_str);
    templates.chain(["assets/", "locales/"]).collect::<Vec<_>>().join(", ")
}

/// What lies in a folder, in a fixed order. Names with a leading dot are passed over: mounted Kubernetes volumes keep
/// their bookkeeping there.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, PagesError> {
    let unreadable = |source| PagesError::Unreadable { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if !file_name(&path).starts_with('.') {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn read(path: &Path) -> Result<PageFile, PagesError> {
    let unreadable = |source| PagesError::Unreadable { path: path.to_owned(), source };
    let origin = path.display().to_string();
    if fs::metadata(path).map_err(unreadable)?.len() > MAX_FILE_BYTES {
        return Err(PagesError::Unusable { file: origin, reason: "it is larger than 2 MiB".to_owned() });
    }
    Ok(PageFile { origin, bytes: Cow::Owned(fs::read(path).map_err(unreadable)?) })
}
