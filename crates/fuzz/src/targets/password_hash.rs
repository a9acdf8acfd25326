//! Imported password hashes: the format in the first line where it is not told by the prefix, then the hash.

use credentials::password::{FORMATS, HashUnusable, Limits, Prepared, check_import, detect, is_weaker, verify};

use super::fixtures::first_line;

/// Small enough that whatever is admitted is verified at once.
const SMALL: Limits = Limits { memory_kib: 1024, milliseconds: 5 };

pub(crate) fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Some(format) = detect(text) {
        return check_hash(format, text);
    }
    let (format, hash) = first_line(input);
    let text = |bytes| std::str::from_utf8(bytes).expect("a part of a text up to a character of its own");
    check_hash(text(format), text(hash));
}

fn check_hash(format: &str, text: &str) {
    let is_known = FORMATS.iter().any(|known| known.name == format);
    let imported = check_import(format, text, &SMALL);
    let verified = verify(format, text, &Prepared::new("correct horse").expect("a short one"), &SMALL);
    assert_eq!(verified.is_ok(), imported.is_ok(), "import and sign-in disagree about {format}");
    assert!(is_known || imported.is_err());
    if imported.is_ok() {
        assert_eq!(check_import(format, text, &Limits::default()), Ok(()));
        for other in FORMATS.iter().filter(|other| other.name != format) {
            assert!(check_import(other.name, text, &SMALL).is_err(), "also {}", other.name);
        }
    }
    if let Err(HashUnusable::CostAboveLimit { needed, limit, .. }) = imported {
        assert!(needed > limit);
        assert!(is_weaker(("md5", ""), (format, text)), "what is costly is not worth anything");
    }
    assert!(!is_weaker((format, text), (format, text)));
}
