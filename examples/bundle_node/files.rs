//! Files as bundles, read and written piece by piece, and put where a kill at any moment loses none. Between nodes of
//! this program a file is its name and its octets; other programs send and take the octets alone.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::num::ParseIntError;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Octets read or written at a time. The name of a file is within the first piece.
pub const PIECE: usize = 256 << 10;

/// Who a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recipient {
    pub node: u32,
    /// A service that takes the octets alone; without it, the service for files.
    pub service: Option<u64>,
}

/// A file as the payload of a bundle: two octets of length and the name, if it has one there, and the contents.
pub struct Leaving {
    head: Vec<u8>,
    file: File,
    len: u64,
}

impl Leaving {
    pub fn open(path: &Path, named: bool) -> io::Result<Self> {
        let name = path.file_name().and_then(|name| name.to_str()).ok_or(io::ErrorKind::InvalidFilename)?;
        let len = u16::try_from(name.len()).map_err(|_| io::ErrorKind::InvalidFilename)?;
        let head = if named { [&len.to_be_bytes(), name.as_bytes()].concat() } else { vec![] };
        let file = File::open(path)?;
        let len = head.len() as u64 + file.metadata()?.len();
        Ok(Self { head, file, len })
    }

    /// Octets of the payload.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// The next octets of it; none at the end. A file that has grown meanwhile ends where it ended.
    pub fn next<'p>(&mut self, piece: &'p mut [u8]) -> io::Result<&'p [u8]> {
        let most = piece.len().min(usize::try_from(self.len).unwrap_or(usize::MAX));
        let piece = &mut piece[..most];
        let head = self.head.len().min(piece.len());
        piece[..head].copy_from_slice(&self.head[..head]);
        self.head.drain(..head);
        let read = if head > 0 { 0 } else { self.file.read(piece)? };
        self.len -= (head + read) as u64;
        Ok(&piece[..head + read])
    }
}

/// A file that is being put into the inbox, whole or not at all.
pub struct Arriving {
    name: String,
    part: PathBuf,
    file: File,
}

impl Arriving {
    /// Starts with the first piece of a payload. A name that would lead elsewhere is refused.
    pub fn start(inbox: &Path, first: &[u8]) -> io::Result<Self> {
        let (len, rest) = first.split_first_chunk().ok_or(io::ErrorKind::InvalidData)?;
        let (name, contents) =
            rest.split_at_checked(u16::from_be_bytes(*len).into()).ok_or(io::ErrorKind::InvalidData)?;
        let name = std::str::from_utf8(name).map_err(|_| io::ErrorKind::InvalidData)?;
        let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
        if !plain {
            return Err(io::ErrorKind::InvalidFilename.into());
        }
        Self::create(inbox, name, contents)
    }

    /// Starts with the first octets of a file that is called `name`.
    pub fn create(inbox: &Path, name: &str, contents: &[u8]) -> io::Result<Self> {
        let part = inbox.join(format!(".{name}.part"));
        let mut file = File::create(&part)?;
        file.write_all(contents)?;
        Ok(Self { name: name.to_owned(), part, file })
    }

    pub fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        self.file.write_all(piece)
    }

    /// Makes it a file that is there after a loss of power. Returns its name.
    pub fn finish(self, inbox: &Path) -> io::Result<String> {
        self.file.sync_all()?;
        fs::rename(&self.part, inbox.join(&self.name))?;
        File::open(inbox)?.sync_all()?;
        Ok(self.name)
    }
}

impl FromStr for Recipient {
    type Err = ParseIntError;

    /// `NODE` or `NODE.SERVICE`.
    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        let (node, service) = match text.split_once('.') {
            Some((node, service)) => (node, Some(service.parse()?)),
            None => (text, None),
        };
        Ok(Self { node: node.parse()?, service })
    }
}

/// The files in the outbox, with whom each is for; those whose name starts with a dot are still being written.
pub fn waiting(outbox: &Path) -> io::Result<Vec<(Recipient, PathBuf)>> {
    let mut waiting = Vec::new();
    for folder in fs::read_dir(outbox)? {
        let folder = folder?.path();
        let Some(recipient) = folder.file_name().and_then(|name| name.to_str()?.parse().ok()) else {
            continue;
        };
        for file in fs::read_dir(&folder)? {
            let path = file?.path();
            let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
            if path.is_file() && !hidden {
                waiting.push((recipient, path));
            }
        }
    }
    waiting.sort();
    Ok(waiting)
}
