//! Antipodal symbols in white Gaussian noise, as the soft bits of a receiver.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use crate::theory::normal_tail;

/// The channel at one ratio of signal to noise.
///
/// Soft bits are drawn from their exact distribution (a table of 2^-32) rather than computed from samples.
pub struct Channel {
    /// For each soft bit from -127 up, how many of 2^32 are not above it, when a 0 was sent.
    not_above: [u64; VALUES],
    /// For the first bits of a random word, the first soft bit that it can be.
    start: [u8; 1 << START_BITS],
}

const VALUES: usize = 255;
const START_BITS: u32 = 12;

impl Channel {
    /// `ebn0` in decibels; `rate`: information bits for each symbol.
    pub fn new(ebn0: f64, rate: f64) -> Self {
        let sigma = (2.0 * rate * 10f64.powf(ebn0 / 10.0)).powf(-0.5);
        // Three deviations above the amplitude are still within the range.
        let scale = 127.0 / (1.0 + 3.0 * sigma);
        let mut not_above = [1 << 32; VALUES];
        for (index, count) in not_above.iter_mut().enumerate().take(VALUES - 1) {
            let edge = (index as f64 - 127.0 + 0.5) / scale;
            *count = (normal_tail((1.0 - edge) / sigma) * 4_294_967_296.0).round() as u64;
        }
        let mut start = [0; 1 << START_BITS];
        for (bits, first) in start.iter_mut().enumerate() {
            let word = (bits as u64) << (32 - START_BITS);
            *first = not_above.iter().position(|&count| word < count).unwrap_or(VALUES - 1) as u8;
        }
        Self { not_above, start }
    }

    /// Sends packed symbols.
    pub fn send(&self, symbols: &[u8], rng: &mut ChaCha8Rng, received: &mut [i8]) {
        for (eight, &octet) in received.chunks_mut(8).zip(symbols) {
            for (at, soft) in eight.iter_mut().enumerate() {
                let magnitude = self.draw(rng.next_u32());
                *soft = if octet >> (7 - at) & 1 == 1 { -magnitude } else { magnitude };
            }
        }
    }

    /// What is received for a 0.
    fn draw(&self, word: u32) -> i8 {
        let mut index = usize::from(self.start[(word >> (32 - START_BITS)) as usize]);
        while u64::from(word) >= self.not_above[index] {
            index += 1;
        }
        (index as i16 - 127) as i8
    }
}
