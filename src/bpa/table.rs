use core::hash::{BuildHasherDefault, Hasher};

/// A map whose keys are numbers that this node gives out itself, one after the other: nobody can choose them so that
/// they collide, so spreading them over the words is all that hashing has to do.
pub(super) type Table<K, V> = hashbrown::HashMap<K, V, BuildHasherDefault<Spread>>;

/// Spreads numbers that follow one another.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, octets: &[u8]) {
        octets.iter().for_each(|octet| self.write_u64((*octet).into()));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(GOLDEN);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// 2^64 over the golden ratio: numbers that follow one another come to lie far apart.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
