//! Finds the shared vectors and recordings, or says that a test skips.

use std::path::{Path, PathBuf};

/// `relative` below `SPACELINK_DATA`, else below `../shared`; `None`, with a word on standard error, when neither
/// is there. In CI (`SPACELINK_DATA_REQUIRED`) their absence is a failure.
#[must_use]
pub fn shared(relative: &str) -> Option<PathBuf> {
    let root = std::env::var_os("SPACELINK_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let path = root.join(relative);
    if path.exists() {
        return Some(path);
    }
    assert!(
        std::env::var_os("SPACELINK_DATA_REQUIRED").is_none(),
        "{relative} is required here and neither in SPACELINK_DATA nor in ../shared"
    );
    eprintln!("skipped: {relative} is neither in SPACELINK_DATA nor in ../shared");
    None
}
