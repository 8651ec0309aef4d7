/// The octets of idle frames: a pseudo-random sequence that runs on from frame to frame.
///
/// s(n+32) = s(n+31) + s(n+30) + s(n+10) + s(n), all ones at the start. It repeats after 2^32 − 1 bits.
///
/// Source: CCSDS 132.0-B-3 §4.1.4.6 and annex D; 732.1-B-3 annex H.
#[derive(Clone, Debug)]
pub struct IdleFiller {
    /// The 32 cells, oldest first: at the same time the next 32 bits to come out.
    cells: u32,
}

impl IdleFiller {
    /// All cells one.
    #[must_use]
    pub const fn new() -> Self {
        Self { cells: u32::MAX }
    }

    /// Overwrites `out` with the next octets of the sequence.
    pub fn fill(&mut self, out: &mut [u8]) {
        for octet in out {
            [*octet, ..] = self.cells.to_be_bytes();
            self.cells = self.cells << 8 | self.next_eight();
        }
    }

    /// The eight bits after the 32 in the cells.
    ///
    /// With u(k) = s(k) + s(k+10), which are all in the cells, the new bits are y(k) = y(k−1) + y(k−2) + u(k). That
    /// is u divided by 1 + D + D², or multiplied by (1 + D)(1 + D³ + D⁶ + …), where D is a shift to the right.
    const fn next_eight(&self) -> u32 {
        let (s30, s31) = (self.cells >> 1 & 1, self.cells & 1);
        let u = (self.cells >> 24 ^ self.cells >> 14 & 0xFF) ^ (s31 ^ s30) << 7 ^ s31 << 6;
        let v = u ^ u >> 1;
        v ^ v >> 3 ^ v >> 6
    }
}

impl Default for IdleFiller {
    fn default() -> Self {
        Self::new()
    }
}
