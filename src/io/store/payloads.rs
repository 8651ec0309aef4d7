use redb::StorageBackend;
use redb::backends::FileBackend;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use super::medium::{OpenError, SECTOR};

/// The file of payloads.
///
/// What is written to it is on its way to the disk and seldom read again from there, so where the operating system has
/// a way past its page cache, that is taken: it saves a copy of every octet.
pub(super) struct PayloadFile {
    file: FileBackend,
    /// The same file, past the cache.
    #[cfg(target_os = "linux")]
    direct: Option<Direct>,
}

/// What the memory must be aligned to that goes past the cache.
pub(super) const ALIGNMENT: usize = 4096;

impl PayloadFile {
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let file = open_file(path)?;
        Ok(Self {
            #[cfg(target_os = "linux")]
            direct: Direct::open(path),
            file: FileBackend::new(file)?,
        })
    }
}

/// Opens a file, made if it does not exist, that is found again after a loss of power.
pub(super) fn open_file(path: &Path) -> Result<File, io::Error> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(file)
}

impl fmt::Debug for PayloadFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PayloadFile").finish_non_exhaustive()
    }
}

impl StorageBackend for PayloadFile {
    fn len(&self) -> Result<u64, io::Error> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> Result<(), io::Error> {
        self.file.set_len(len)
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        self.file.sync_data()
    }

    fn write(&self, offset: u64, octets: &[u8]) -> Result<(), io::Error> {
        #[cfg(target_os = "linux")]
        if self.direct.as_ref().is_some_and(|direct| direct.write(offset, octets)) {
            return Ok(());
        }
        self.file.write(offset, octets)
    }

    fn close(&self) -> Result<(), io::Error> {
        self.file.close()
    }
}

/// A file past the page cache.
#[cfg(target_os = "linux")]
struct Direct {
    file: File,
    refused: std::sync::atomic::AtomicBool,
}

#[cfg(target_os = "linux")]
impl Direct {
    /// `None` where the file system knows no such thing.
    fn open(path: &Path) -> Option<Self> {
        use std::os::unix::fs::OpenOptionsExt;
        let file = OpenOptions::new().write(true).custom_flags(libc::O_DIRECT).open(path).ok()?;
        Some(Self { file, refused: false.into() })
    }

    /// Whether it is written. If it is not, it may be in part, and is to be written another way.
    fn write(&self, offset: u64, octets: &[u8]) -> bool {
        use std::os::unix::fs::FileExt;
        use std::sync::atomic::Ordering::Relaxed;
        let aligned = offset.is_multiple_of(SECTOR)
            && (octets.len() as u64).is_multiple_of(SECTOR)
            && octets.as_ptr().addr().is_multiple_of(ALIGNMENT);
        if !aligned || self.refused.load(Relaxed) {
            return false;
        }
        match self.file.write_all_at(octets, offset) {
            // A disk of larger sectors.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                self.refused.store(true, Relaxed);
                false
            }
            written => written.is_ok(),
        }
    }
}
