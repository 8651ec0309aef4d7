//! A file cut into pieces, one a bundle, and put together again.

use bytes::{BufMut, Bytes, BytesMut};

/// Octets of the file in one bundle.
pub const PIECE_LEN: usize = 64 * 1024;

/// The same where a bundle must fit into a datagram that no network cuts up.
pub const DATAGRAM_LEN: usize = 1_200;

/// Index of the piece, and how many there are: two 32-bit words in front of each piece.
const HEADER_LEN: usize = 8;

/// The pieces of `file`, each a payload of its own.
pub fn cut(file: &[u8], piece_len: usize) -> Vec<Bytes> {
    let count = file.len().div_ceil(piece_len).max(1);
    (0..count)
        .map(|index| {
            let piece = &file[index * piece_len..file.len().min((index + 1) * piece_len)];
            let mut payload = BytesMut::with_capacity(HEADER_LEN + piece.len());
            payload.put_u32(index as u32);
            payload.put_u32(count as u32);
            payload.put_slice(piece);
            payload.freeze()
        })
        .collect()
}

/// What has come of a file so far.
#[derive(Default)]
pub struct Assembly {
    pieces: Vec<Option<Bytes>>,
    have: usize,
}

impl Assembly {
    /// Adds a payload that [`cut`] made; others, and copies, change nothing.
    pub fn add(&mut self, payload: &Bytes) {
        let Some((header, _)) = payload.split_first_chunk::<HEADER_LEN>() else { return };
        let index = u32::from_be_bytes([header[0], header[1], header[2], header[3]]) as usize;
        let count = u32::from_be_bytes([header[4], header[5], header[6], header[7]]) as usize;
        if self.pieces.is_empty() {
            self.pieces.resize(count, None);
        }
        if let Some(place @ None) = self.pieces.get_mut(index) {
            *place = Some(payload.slice(HEADER_LEN..));
            self.have += 1;
        }
    }

    /// The file, once all of its pieces are here.
    pub fn file(&self) -> Option<Vec<u8>> {
        if self.pieces.is_empty() || self.have < self.pieces.len() {
            return None;
        }
        Some(self.pieces.iter().flatten().flatten().copied().collect())
    }
}
