use super::FirstHeader;
use crate::packet::{Reassembly, packet_len};
use crate::wire::DecodeError;

/// Takes packets out of packet zones, whole ones in place and without a copy, the others put together in a buffer.
///
/// It never joins parts that do not belong together: where the first header pointer contradicts the packet in
/// progress, that packet is given up and extraction goes on at the pointer. After lost frames call
/// [`interrupt`](Self::interrupt).
#[derive(Debug)]
pub struct PacketExtractor<B> {
    buffer: B,
    limit: u32,
    state: State,
}

/// What came out of a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extracted<'a> {
    /// A packet, as a whole. Idle packets are packets too.
    Packet(&'a [u8]),
    /// Octets were given up; extraction goes on at the next first header pointer.
    Broken(Broken),
}

/// Why octets were given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Broken {
    /// Frames were lost in the middle of a packet.
    #[error("packet cut off by lost frames after {received} octets")]
    Interrupted {
        /// Octets of the packet that were there.
        received: u32,
    },
    /// The first header pointer is not where the packet in progress ends.
    #[error("first header pointer does not agree with the packet in progress")]
    Pointer {
        /// What the pointer says.
        pointer: FirstHeader,
    },
    /// The first header pointer lies beyond the zone.
    #[error("first header pointer {pointer} is beyond the zone of {zone_len} octets")]
    PointerBeyondZone {
        /// What the pointer says.
        pointer: u16,
        /// Octets of the zone.
        zone_len: usize,
    },
    /// No packet can start with the octets where one should.
    #[error("no packet where one should start: {0}")]
    Header(DecodeError),
    /// The packet is longer than the limit and is skipped; the packets after it are not harmed.
    #[error("packet of {len} octets is above the limit")]
    TooLong {
        /// Octets of the packet, by its header.
        len: u32,
    },
}

/// Where the next octet of a zone belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Unknown; only a first header pointer helps.
    Lost,
    /// A packet starts with it.
    Boundary,
    /// To the packet in the buffer, whose header does not tell its length yet.
    Header,
    /// To the packet in the buffer, which ends after `left` octets.
    Body { left: u32 },
    /// To a packet above the limit, which ends after `left` octets.
    Skip { left: u32 },
}

impl<B: Reassembly> PacketExtractor<B> {
    /// Gathers in `buffer` packets of up to `limit` octets; longer ones are skipped and reported.
    pub fn new(mut buffer: B, limit: u32) -> Self {
        buffer.clear();
        Self { buffer, limit, state: State::Lost }
    }

    /// Gives up the packet in progress, because frames between the last zone and the next are missing.
    pub fn interrupt(&mut self) -> Option<Broken> {
        let state = core::mem::replace(&mut self.state, State::Lost);
        let received = u32::try_from(self.buffer.octets().len()).unwrap_or(u32::MAX);
        matches!(state, State::Header | State::Body { .. }).then_some(Broken::Interrupted { received })
    }

    /// Takes the packets out of `zone`, in which the first starts at `first`, and hands them to `sink` in order.
    pub fn extract(&mut self, first: FirstHeader, zone: &[u8], mut sink: impl FnMut(Extracted<'_>)) {
        let pointer = first;
        match first {
            FirstHeader::NoStart => self.go_on(pointer, zone, &mut sink),
            FirstHeader::IdleOnly => {
                if !matches!(self.state, State::Lost | State::Boundary) {
                    sink(Extracted::Broken(Broken::Pointer { pointer }));
                }
                self.state = State::Lost;
            }
            FirstHeader::At(offset) => match zone.split_at_checked(offset.into()) {
                Some((end, packets)) if !packets.is_empty() => {
                    self.go_on(pointer, end, &mut sink);
                    self.start(packets, &mut sink);
                }
                _ => {
                    self.state = State::Lost;
                    let broken = Broken::PointerBeyondZone { pointer: offset, zone_len: zone.len() };
                    sink(Extracted::Broken(broken));
                }
            },
        }
    }

    /// Adds `octets` to the packet in progress. It must end with them exactly when `pointer` says that another packet follows,
    /// and not before them in any case.
    fn go_on(&mut self, pointer: FirstHeader, octets: &[u8], sink: &mut impl FnMut(Extracted<'_>)) {
        let follows = pointer != FirstHeader::NoStart;
        let mut rest = octets;
        while self.state == State::Header {
            let Some((octet, after)) = rest.split_first() else { break };
            rest = after;
            if let Err(broken) = self.add_to_header(*octet) {
                sink(Extracted::Broken(broken));
            }
        }
        let len = rest.len();
        let fits = |left: u32| if follows { left as usize == len } else { left as usize >= len };
        let agrees = match self.state {
            State::Lost => return,
            State::Boundary => follows && octets.is_empty(),
            State::Header => !follows,
            State::Body { left } | State::Skip { left } => fits(left),
        };
        if !agrees {
            self.state = State::Lost;
            return sink(Extracted::Broken(Broken::Pointer { pointer }));
        }
        self.state = match self.state {
            State::Body { left } | State::Skip { left } if left as usize == len => {
                if matches!(self.state, State::Body { .. }) {
                    if self.buffer.append(rest) {
                        sink(Extracted::Packet(self.buffer.octets()));
                    }
                    self.buffer.clear();
                }
                State::Boundary
            }
            State::Body { left } if self.buffer.append(rest) => State::Body { left: left - len as u32 },
            State::Skip { left } => State::Skip { left: left - len as u32 },
            state => state,
        };
    }

    /// Adds one octet to a header that goes over zones, and finds the packet's length when that is the last one needed.
    fn add_to_header(&mut self, octet: u8) -> Result<(), Broken> {
        let appended = self.buffer.append(&[octet]);
        let have = self.buffer.octets().len() as u32;
        match packet_len(self.buffer.octets()) {
            Ok(None) if appended => Ok(()),
            Ok(Some(len)) if appended => {
                let left = len.saturating_sub(have);
                if len > self.limit {
                    self.state = State::Skip { left };
                    return Err(Broken::TooLong { len });
                }
                self.state = State::Body { left };
                Ok(())
            }
            Ok(_) => {
                self.state = State::Lost;
                Err(Broken::TooLong { len: have + 1 })
            }
            Err(error) => {
                self.state = State::Lost;
                Err(Broken::Header(error))
            }
        }
    }

    /// Takes packets from `octets`, which start with one; keeps the start of the last when it is not whole.
    fn start(&mut self, octets: &[u8], sink: &mut impl FnMut(Extracted<'_>)) {
        let mut rest = octets;
        while !rest.is_empty() {
            let len = match packet_len(rest) {
                Ok(Some(len)) => len,
                Ok(None) => {
                    self.buffer.clear();
                    let kept = self.buffer.append(rest);
                    self.state = if kept { State::Header } else { State::Lost };
                    return;
                }
                Err(error) => {
                    self.state = State::Lost;
                    return sink(Extracted::Broken(Broken::Header(error)));
                }
            };
            let whole = usize::try_from(len).ok().and_then(|len| rest.split_at_checked(len));
            if len > self.limit {
                sink(Extracted::Broken(Broken::TooLong { len }));
            }
            match whole {
                Some((packet, after)) => {
                    if len <= self.limit {
                        sink(Extracted::Packet(packet));
                    }
                    rest = after;
                }
                None => {
                    let left = len - rest.len() as u32;
                    self.buffer.clear();
                    self.state = if len > self.limit {
                        State::Skip { left }
                    } else if self.buffer.append(rest) {
                        State::Body { left }
                    } else {
                        sink(Extracted::Broken(Broken::TooLong { len }));
                        State::Skip { left }
                    };
                    return;
                }
            }
        }
        self.state = State::Boundary;
    }
}
