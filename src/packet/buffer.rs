/// Where a unit that comes in pieces is gathered.
///
/// Implemented for [`SliceBuffer`] and, with an allocator, for `bytes::BytesMut`.
pub trait Reassembly {
    /// Appends `octets`; `false`, with nothing appended, when they do not fit.
    fn append(&mut self, octets: &[u8]) -> bool;

    /// What has been appended since the last [`clear`](Self::clear).
    fn octets(&self) -> &[u8];

    /// Forgets everything.
    fn clear(&mut self);
}

/// A buffer the caller lends.
#[derive(Debug)]
pub struct SliceBuffer<'a> {
    room: &'a mut [u8],
    used: usize,
}

impl<'a> SliceBuffer<'a> {
    /// Gathers in `room`, which bounds the longest packet; eight octets at least, for the headers.
    pub fn new(room: &'a mut [u8]) -> Self {
        Self { room, used: 0 }
    }
}

impl Reassembly for SliceBuffer<'_> {
    fn append(&mut self, octets: &[u8]) -> bool {
        let end = self.used + octets.len();
        match self.room.get_mut(self.used..end) {
            Some(room) => {
                room.copy_from_slice(octets);
                self.used = end;
                true
            }
            None => false,
        }
    }

    fn octets(&self) -> &[u8] {
        self.room.get(..self.used).unwrap_or_default()
    }

    fn clear(&mut self) {
        self.used = 0;
    }
}

#[cfg(feature = "alloc")]
impl Reassembly for bytes::BytesMut {
    fn append(&mut self, octets: &[u8]) -> bool {
        self.extend_from_slice(octets);
        true
    }

    fn octets(&self) -> &[u8] {
        self
    }

    fn clear(&mut self) {
        bytes::BytesMut::clear(self);
    }
}
