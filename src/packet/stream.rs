use core::fmt;

use super::{Apid, PacketKind, SpacePacket, packet_len};

/// Finds packets in a stream of octets that may have garbage between them, in memory that the caller holds.
///
/// In step with the stream it takes packet after packet by their lengths. Where no packet can start it is out of step: then
/// it goes on octet by octet until a packet starts that is followed by the start of another, or by the end of the stream. At
/// the beginning it is out of step.
///
/// Packets have no markers, so garbage can look like one. The more the caller says of what to expect ([`Expected`]), the
/// less it will.
#[derive(Clone, Debug)]
pub struct PacketFinder {
    expected: Expected,
    in_step: bool,
}

/// Which packets a stream can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Space Packets.
    pub space: bool,
    /// Encapsulation Packets.
    pub encapsulation: bool,
    /// Octets of the longest packet.
    pub max_len: u32,
    /// The APIDs of Space Packets.
    pub apids: ApidSet,
}

impl Default for Expected {
    /// Space Packets of any APID and length.
    fn default() -> Self {
        let max_len = (SpacePacket::HEADER_LEN + SpacePacket::MAX_DATA_LEN) as u32;
        Self { space: true, encapsulation: false, max_len, apids: ApidSet::ALL }
    }
}

/// A set of APIDs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ApidSet([u64; 32]);

impl ApidSet {
    /// All of them.
    pub const ALL: Self = Self([u64::MAX; 32]);

    /// Those in `apids`, and that of idle packets.
    #[must_use]
    pub fn of(apids: impl IntoIterator<Item = Apid>) -> Self {
        let mut set = Self([0; 32]);
        for apid in apids.into_iter().chain([Apid::IDLE]) {
            set.0[usize::from(apid.value() / 64)] |= 1 << (apid.value() % 64);
        }
        set
    }

    /// Whether `apid` is in it.
    #[must_use]
    pub const fn contains(&self, apid: Apid) -> bool {
        self.0[(apid.value() / 64) as usize] >> (apid.value() % 64) & 1 == 1
    }
}

impl fmt::Debug for ApidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries((0..2048).filter(|&apid| Apid::new(apid).is_some_and(|a| self.contains(a))))
            .finish()
    }
}

/// What stands at the front of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A packet of so many octets.
    Packet(usize),
    /// So many octets that belong to no packet.
    Garbage(usize),
    /// Not yet known: ask again with more octets.
    More,
}

impl Expected {
    /// Octets of the packet that `octets` start with: `Ok(None)` when they are too few to say, `Err` when none of these
    /// packets starts like this.
    fn len(&self, octets: &[u8]) -> Result<Option<usize>, ()> {
        let Some(&first) = octets.first() else { return Ok(None) };
        match PacketKind::of(first) {
            Ok(PacketKind::Space) if self.space => {
                if SpacePacket::peek_apid(octets).is_some_and(|apid| !self.apids.contains(apid)) {
                    return Err(());
                }
            }
            Ok(PacketKind::Encapsulation) if self.encapsulation => {}
            _ => return Err(()),
        }
        match packet_len(octets) {
            Ok(Some(len)) if len <= self.max_len => usize::try_from(len).map(Some).map_err(drop),
            Ok(None) => Ok(None),
            Ok(Some(_)) | Err(_) => Err(()),
        }
    }
}

impl PacketFinder {
    /// Looks for packets as `expected`.
    #[must_use]
    pub const fn new(expected: Expected) -> Self {
        Self { expected, in_step: false }
    }

    /// Octets that must be held at most for an answer: the longest packet and the header of another.
    #[must_use]
    pub const fn window_len(&self) -> usize {
        (self.expected.max_len as usize).saturating_add(8)
    }

    /// What stands at the front of `window`, which are the octets after those found before. `ended` says that no more will
    /// come; then the answer is [`Found::More`] only for an empty window.
    pub fn find(&mut self, window: &[u8], ended: bool) -> Found {
        for at in 0..window.len() {
            match self.starts(&window[at..], ended) {
                Some(Start::Yes(len)) if at == 0 => {
                    self.in_step = true;
                    return Found::Packet(len);
                }
                Some(Start::No) => self.in_step = false,
                // Whatever is here, all before it is garbage.
                _ if at > 0 => return Found::Garbage(at),
                _ => return Found::More,
            }
        }
        if window.is_empty() { Found::More } else { Found::Garbage(window.len()) }
    }

    /// Whether a packet starts at the front of `octets`; `None` when more are needed to say.
    fn starts(&self, octets: &[u8], ended: bool) -> Option<Start> {
        let len = match self.expected.len(octets) {
            Ok(Some(len)) => len,
            Ok(None) => return ended.then_some(Start::No),
            Err(()) => return Some(Start::No),
        };
        let Some(after) = octets.get(len..) else { return ended.then_some(Start::No) };
        if self.in_step {
            return Some(Start::Yes(len));
        }
        match self.expected.len(after) {
            Ok(Some(_)) => Some(Start::Yes(len)),
            Ok(None) if ended && after.is_empty() => Some(Start::Yes(len)),
            Ok(None) if ended => Some(Start::No),
            Ok(None) => None,
            Err(()) => Some(Start::No),
        }
    }
}

enum Start {
    Yes(usize),
    No,
}

/// [`PacketFinder`] with memory of its own: octets in, in pieces of any length, packets out.
///
/// ```
/// use spacelink::packet::{Apid, ApidSet, Expected, PacketStream};
///
/// let mut stream = PacketStream::new(Expected { apids: ApidSet::of(Apid::new(1)), ..Expected::default() });
/// let packet = [0x08, 0x01, 0xC0, 0x00, 0x00, 0x01, 0xAA, 0xBB];
/// let mut found = 0;
/// for piece in [&packet[..], &packet, &[0xFF, 0x08], &packet[..5], &packet[5..]] {
///     stream.push(piece, |octets| found += usize::from(octets == packet));
/// }
/// let garbage = stream.finish(|octets| found += usize::from(octets == packet));
/// assert_eq!((found, garbage), (3, 2));
/// ```
#[cfg(feature = "alloc")]
#[derive(Clone, Debug)]
pub struct PacketStream {
    finder: PacketFinder,
    held: alloc::vec::Vec<u8>,
    garbage: u64,
}

#[cfg(feature = "alloc")]
impl PacketStream {
    /// Looks for packets as `expected`; holds [`PacketFinder::window_len`] octets and the piece last pushed at most.
    #[must_use]
    pub const fn new(expected: Expected) -> Self {
        Self { finder: PacketFinder::new(expected), held: alloc::vec::Vec::new(), garbage: 0 }
    }

    /// Octets so far that belonged to no packet.
    #[must_use]
    pub const fn garbage(&self) -> u64 {
        self.garbage
    }

    /// Takes the next octets of the stream and hands every packet they make whole to `sink`.
    pub fn push(&mut self, octets: &[u8], sink: impl FnMut(&[u8])) {
        self.held.extend_from_slice(octets);
        self.drain(false, sink);
    }

    /// The stream has ended: hands the last packets to `sink`, and returns the octets of the whole stream that belonged to
    /// no packet. What is pushed after that is another stream.
    pub fn finish(&mut self, sink: impl FnMut(&[u8])) -> u64 {
        self.drain(true, sink);
        self.finder.in_step = false;
        core::mem::take(&mut self.garbage)
    }

    fn drain(&mut self, ended: bool, mut sink: impl FnMut(&[u8])) {
        let mut at = 0;
        loop {
            let window = &self.held[at..];
            at += match self.finder.find(window, ended) {
                Found::Packet(len) => {
                    sink(&window[..len]);
                    len
                }
                Found::Garbage(len) => {
                    self.garbage += len as u64;
                    len
                }
                Found::More => break,
            };
        }
        self.held.drain(..at);
    }
}
