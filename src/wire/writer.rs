use super::{Encode, EncodeError, Sdnv};

/// Writes octets one after the other into a slice and remembers where it is.
///
/// For units of many variable-length parts. An overflow is reported with the room that would have been needed up
/// to that part.
#[derive(Debug)]
pub struct Writer<'a> {
    out: &'a mut [u8],
    at: usize,
}

impl<'a> Writer<'a> {
    /// Starts at the front of `out`.
    pub fn new(out: &'a mut [u8]) -> Self {
        Self { out, at: 0 }
    }

    /// Octets written so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.at
    }

    /// Whether nothing has been written yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.at == 0
    }

    /// What has been written so far, to be patched or checked over.
    pub fn written(&mut self) -> &mut [u8] {
        &mut self.out[..self.at]
    }

    /// Copies `octets`.
    ///
    /// # Errors
    /// [`EncodeError::Room`] when they do not fit.
    pub fn put(&mut self, octets: &[u8]) -> Result<(), EncodeError> {
        let (required, available) = (self.at + octets.len(), self.out.len());
        self.out
            .get_mut(self.at..required)
            .ok_or(EncodeError::Room { required, available })?
            .copy_from_slice(octets);
        self.at = required;
        Ok(())
    }

    /// Writes one octet.
    ///
    /// # Errors
    /// [`EncodeError::Room`] when it does not fit.
    pub fn put_u8(&mut self, octet: u8) -> Result<(), EncodeError> {
        self.put(&[octet])
    }

    /// Writes `value` as an SDNV.
    ///
    /// # Errors
    /// [`EncodeError::Room`] when it does not fit.
    pub fn put_sdnv(&mut self, value: u64) -> Result<(), EncodeError> {
        self.put_unit(&Sdnv(value))
    }

    /// Writes any unit.
    ///
    /// # Errors
    /// Those of the unit.
    pub fn put_unit(&mut self, unit: &impl Encode) -> Result<(), EncodeError> {
        self.at += unit.encode(&mut self.out[self.at..])?;
        Ok(())
    }
}

/// What `write` writes, for which `max_len` octets are enough.
#[cfg(feature = "alloc")]
pub(crate) fn written(
    max_len: usize,
    write: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>,
) -> alloc::vec::Vec<u8> {
    let mut room = alloc::vec![0; max_len];
    let mut out = Writer::new(&mut room);
    let written = write(&mut out);
    debug_assert_eq!(written, Ok(()));
    let len = out.len();
    room.truncate(len);
    room
}
