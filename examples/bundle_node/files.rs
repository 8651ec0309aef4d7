//! Files as bundles: a name and the octets, and where they are put so that a kill at any moment loses none.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The payload of a bundle with a file: two octets of length, the name, the contents.
pub fn payload(path: &Path) -> io::Result<Vec<u8>> {
    let name = path.file_name().and_then(|name| name.to_str()).ok_or(io::ErrorKind::InvalidFilename)?;
    let len = u16::try_from(name.len()).map_err(|_| io::ErrorKind::InvalidFilename)?;
    let mut payload = Vec::from(len.to_be_bytes());
    payload.extend_from_slice(name.as_bytes());
    payload.extend(fs::read(path)?);
    Ok(payload)
}

/// Puts a received file into `inbox`, whole or not at all, so that it is there after a loss of power. Returns its
/// name. A name that would lead elsewhere is refused.
pub fn keep(inbox: &Path, payload: &[u8]) -> io::Result<String> {
    let (len, rest) = payload.split_first_chunk().ok_or(io::ErrorKind::InvalidData)?;
    let (name, contents) =
        rest.split_at_checked(u16::from_be_bytes(*len).into()).ok_or(io::ErrorKind::InvalidData)?;
    let name = std::str::from_utf8(name).map_err(|_| io::ErrorKind::InvalidData)?;
    let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
    if !plain {
        return Err(io::ErrorKind::InvalidFilename.into());
    }
    let part = inbox.join(format!(".{name}.part"));
    let mut file = File::create(&part)?;
    file.write_all(contents)?;
    file.sync_all()?;
    fs::rename(&part, inbox.join(name))?;
    File::open(inbox)?.sync_all()?;
    Ok(name.to_owned())
}

/// The files in the outbox, with the node each is for; those whose name starts with a dot are still being written.
pub fn waiting(outbox: &Path) -> io::Result<Vec<(u32, PathBuf)>> {
    let mut waiting = Vec::new();
    for folder in fs::read_dir(outbox)? {
        let folder = folder?.path();
        let Some(node) = folder.file_name().and_then(|name| name.to_str()?.parse().ok()) else { continue };
        for file in fs::read_dir(&folder)? {
            let path = file?.path();
            let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
            if path.is_file() && !hidden {
                waiting.push((node, path));
            }
        }
    }
    waiting.sort();
    Ok(waiting)
}
