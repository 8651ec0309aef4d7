use bytes::Bytes;
use std::collections::{BTreeMap, VecDeque};

/// Pieces of payloads that are in memory: those yet to be written, and the latest of those that are on the disk.
#[derive(Debug, Default)]
pub(super) struct Near {
    pieces: BTreeMap<Place, Piece>,
    /// Those on the disk, the first to go first. Some may be gone already.
    settled: VecDeque<Place>,
    /// Octets of those on the disk.
    octets: usize,
}

/// Key of the bundle, number of the piece.
type Place = (u64, u32);

#[derive(Debug)]
struct Piece {
    octets: Bytes,
    settled: bool,
}

/// Octets kept although they are on the disk.
const LIMIT: usize = 32 << 20;

impl Near {
    /// Keeps a piece until it is settled.
    pub fn put(&mut self, at: Place, octets: Bytes) {
        self.pieces.insert(at, Piece { octets, settled: false });
    }

    /// The piece is on the disk, too.
    pub fn settle(&mut self, at: Place) {
        let Some(piece) = self.pieces.get_mut(&at).filter(|piece| !piece.settled) else { return };
        piece.settled = true;
        self.octets += piece.octets.len();
        self.settled.push_back(at);
        self.trim();
    }

    /// Keeps a piece that has been read.
    pub fn add(&mut self, at: Place, octets: Bytes) {
        self.put(at, octets);
        self.settle(at);
    }

    /// Forgets all pieces of a bundle.
    pub fn forget_all(&mut self, key: u64) {
        while let Some((at, _)) = self.pieces.range((key, 0)..=(key, u32::MAX)).next() {
            self.forget(*at);
        }
    }

    pub fn forget(&mut self, at: Place) {
        if let Some(piece) = self.pieces.remove(&at).filter(|piece| piece.settled) {
            self.octets -= piece.octets.len();
        }
    }

    pub fn get(&self, at: Place) -> Option<&Bytes> {
        self.pieces.get(&at).map(|piece| &piece.octets)
    }

    fn trim(&mut self) {
        while self.octets > LIMIT
            && let Some(oldest) = self.settled.pop_front()
        {
            if self.pieces.get(&oldest).is_some_and(|piece| piece.settled) {
                self.forget(oldest);
            }
        }
        if self.settled.len() > 2 * self.pieces.len() + 1024 {
            let pieces = &self.pieces;
            self.settled.retain(|at| pieces.get(at).is_some_and(|piece| piece.settled));
        }
    }
}
