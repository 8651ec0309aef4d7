use alloc::collections::VecDeque;
use alloc::vec::Vec;
use bytes::Bytes;

use super::{TcChannelSettings, TcLinkError, TcLinkSettings, TcMapSettings};
use crate::coding::cltu::{Cltu, CltuCounters, CltuReceiver, Judgement};
use crate::cop::{Farm, FarmInput, FarmState, Verdict};
use crate::frame::receive::{Seen, Source};
use crate::frame::tc::{ControlCommand, Demultiplexer, TcFrame, TcKind, TcParameters};
use crate::frame::{Clcw, Scid, Vcid};
use crate::packet::Torn;
use crate::wire::DecodeError;

/// The spacecraft's end of a telecommand link.
///
/// Give it what the radio receives, take units with [`poll_event`](Self::poll_event), and put
/// [`next_clcw`](Self::next_clcw) into each frame of telemetry. It waits for nothing, so it has no timeouts.
#[derive(Debug)]
pub struct TcReceiver {
    cltus: CltuReceiver<Vec<i8>, Vec<u8>>,
    board: Board,
    /// The channel whose CLCW is next.
    turn: usize,
}

/// All behind the decoder.
#[derive(Debug)]
struct Board {
    frames: TcParameters,
    scid: Scid,
    channels: Vec<(TcChannelSettings, Farm)>,
    demultiplexer: Demultiplexer,
    no_rf_available: bool,
    no_bit_lock: bool,
    events: VecDeque<TcReceived>,
    counters: TcReceiverCounters,
}

/// What came out of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TcReceived {
    /// A whole packet.
    Packet {
        /// Channel, MAP and service.
        source: Source,
        /// Its octets.
        packet: Bytes,
    },
    /// A whole unit that is no packet.
    Access {
        /// Channel, MAP and service.
        source: Source,
        /// Its octets.
        unit: Bytes,
    },
    /// Segments were given up.
    Torn {
        /// Channel, MAP and service.
        source: Source,
        /// What they were.
        torn: Torn,
    },
    /// Octets where packets should be.
    NoPacket {
        /// Channel, MAP and service.
        source: Source,
        /// What is wrong with them.
        error: DecodeError,
    },
}

impl TcReceived {
    /// The packet, if it is one.
    #[must_use]
    pub fn packet(self) -> Option<Bytes> {
        if let Self::Packet { packet, .. } = self { Some(packet) } else { None }
    }

    const fn vcid(&self) -> Vcid {
        match self {
            Self::Packet { source, .. }
            | Self::Access { source, .. }
            | Self::Torn { source, .. }
            | Self::NoPacket { source, .. } => source.vcid,
        }
    }
}

/// Figures since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcReceiverCounters {
    /// Frames accepted by FARM-1.
    pub frames_accepted: u64,
    /// Good frames that FARM-1 discarded: out of turn, seen before, in lockout, no room.
    pub frames_discarded: u64,
    /// Frames that are none: another version, a wrong check sequence, a command that does not exist.
    pub frames_invalid: u64,
    /// Good frames for another spacecraft or a channel that is not set up.
    pub frames_foreign: u64,
}

impl TcReceiver {
    /// A receiver that has received nothing.
    ///
    /// # Errors
    /// [`TcLinkError`]
    pub fn new(settings: &TcLinkSettings) -> Result<Self, TcLinkError> {
        let frames = settings.check()?;
        let channels: Vec<_> = settings.channels.iter().map(TcChannelSettings::frames).collect();
        let mut demultiplexer = Demultiplexer::new(&channels);
        for channel in &settings.channels {
            for TcMapSettings { map, service } in &channel.maps {
                // Every channel was set up just before.
                let _ = demultiplexer.set_service(channel.vcid, *map, *service);
            }
        }
        let with_farm = |channel: &TcChannelSettings| (channel.clone(), Farm::new(channel.farm));
        Ok(Self {
            cltus: CltuReceiver::with_vec(settings.coding, settings.max_cltu_octets),
            board: Board {
                frames,
                scid: settings.scid,
                channels: settings.channels.iter().map(with_farm).collect(),
                demultiplexer,
                no_rf_available: false,
                no_bit_lock: false,
                events: VecDeque::new(),
                counters: TcReceiverCounters::default(),
            },
            turn: 0,
        })
    }

    /// Takes hard bits off the radio, eight to an octet: CLTUs, parts of them, or noise.
    pub fn handle_octets(&mut self, octets: &[u8]) {
        let Self { cltus, board, .. } = self;
        cltus.push_octets(octets, |cltu| board.handle_cltu(&cltu));
    }

    /// Takes soft bits off the radio.
    pub fn handle_soft(&mut self, soft: &[i8]) {
        let Self { cltus, board, .. } = self;
        cltus.push(soft, |cltu| board.handle_cltu(&cltu));
    }

    /// The radio has lost the signal, or what comes next has nothing to do with what came before.
    pub fn flush(&mut self) {
        let Self { cltus, board, .. } = self;
        cltus.flush(|cltu| board.handle_cltu(&cltu));
    }

    /// What came out since the last call.
    pub fn poll_event(&mut self) -> Option<TcReceived> {
        let event = self.board.events.pop_front()?;
        self.board.make_room(event.vcid());
        Some(event)
    }

    /// The CLCW of a channel; `None` when it is not set up.
    #[must_use]
    pub fn clcw(&self, vcid: Vcid) -> Option<Clcw> {
        let (channel, farm) = self.board.channels.iter().find(|(channel, _)| channel.vcid == vcid)?;
        Some(self.board.clcw(channel, farm))
    }

    /// The CLCW for the next frame of telemetry, of each channel in turn; `None` when there are no channels.
    pub fn next_clcw(&mut self) -> Option<Clcw> {
        let (channel, farm) = self.board.channels.get(self.turn)?;
        self.turn = (self.turn + 1) % self.board.channels.len();
        Some(self.board.clcw(channel, farm))
    }

    /// What the radio says of itself, for the CLCWs.
    pub fn set_radio(&mut self, no_rf_available: bool, no_bit_lock: bool) {
        self.board.no_rf_available = no_rf_available;
        self.board.no_bit_lock = no_bit_lock;
    }

    /// Figures since the start.
    #[must_use]
    pub const fn counters(&self) -> TcReceiverCounters {
        self.board.counters
    }

    /// Figures of the decoder since the start.
    #[must_use]
    pub const fn cltu_counters(&self) -> CltuCounters {
        self.cltus.counters()
    }
}

impl Board {
    /// Takes the frames of a CLTU. One without any was found by chance.
    fn handle_cltu(&mut self, cltu: &Cltu<'_>) -> Judgement {
        let mut rest = cltu.octets;
        while !rest.is_empty() {
            match TcFrame::decode(&self.frames, rest) {
                Ok((frame, behind)) => {
                    self.handle_frame(&frame);
                    rest = behind;
                }
                Err(_) => {
                    // What fills the last codeblock is shorter than a codeblock, and no frame.
                    let taken = cltu.octets.len() - rest.len();
                    if taken == 0 {
                        self.counters.frames_invalid += 1;
                        return Judgement::Abandoned;
                    }
                    return Judgement::Taken(taken);
                }
            }
        }
        Judgement::Taken(cltu.octets.len())
    }

    fn handle_frame(&mut self, frame: &TcFrame<'_>) {
        let vcid = frame.header.vcid;
        let channel = self.channels.iter_mut().find(|(channel, _)| channel.vcid == vcid);
        let Some((channel, farm)) = channel.filter(|_| frame.header.scid == self.scid) else {
            self.counters.frames_foreign += 1;
            return;
        };
        let waiting = self.events.iter().filter(|event| event.vcid() == vcid).count();
        let input = match (frame.header.kind, frame.command()) {
            (TcKind::Ad { ns }, _) => FarmInput::Ad { ns, room: waiting < channel.max_received },
            (TcKind::Bd, _) => FarmInput::Bd,
            (TcKind::Bc, Ok(Some(ControlCommand::Unlock))) => FarmInput::Unlock,
            (TcKind::Bc, Ok(Some(ControlCommand::SetVr(vr)))) => FarmInput::SetVr(vr),
            (TcKind::Bc, _) => FarmInput::Invalid,
        };
        match (farm.handle(input), input) {
            (_, FarmInput::Invalid) => self.counters.frames_invalid += 1,
            (Verdict::Discard, _) => self.counters.frames_discarded += 1,
            (Verdict::Accept, _) => {
                self.counters.frames_accepted += 1;
                let events = &mut self.events;
                let mut sink = |source, seen: Seen<'_>| events.extend(TcReceived::of(source, seen));
                if matches!(input, FarmInput::SetVr(_)) {
                    self.demultiplexer.interrupt(vcid, &mut sink);
                }
                // Every channel of FARM-1 is one of the demultiplexer.
                let _ = self.demultiplexer.process(frame, sink);
            }
        }
    }

    /// A unit of this channel was taken: FARM-1 hears of it when it waits.
    fn make_room(&mut self, vcid: Vcid) {
        let waiting = self.events.iter().filter(|event| event.vcid() == vcid).count();
        let channel = self.channels.iter_mut().find(|(channel, _)| channel.vcid == vcid);
        if let Some((channel, farm)) = channel
            && waiting < channel.max_received
            && (farm.state() == FarmState::Wait || farm.report().wait)
        {
            let _ = farm.handle(FarmInput::BufferReleased);
        }
    }

    fn clcw(&self, channel: &TcChannelSettings, farm: &Farm) -> Clcw {
        let Self { no_rf_available, no_bit_lock, .. } = *self;
        Clcw { no_rf_available, no_bit_lock, ..farm.report().to_clcw(channel.vcid) }
    }
}

impl TcReceived {
    /// TC frames bring nothing else.
    fn of(source: Source, seen: Seen<'_>) -> Option<Self> {
        match seen {
            Seen::Packet(packet) => Some(Self::Packet { source, packet: Bytes::copy_from_slice(packet) }),
            Seen::Access(unit) => Some(Self::Access { source, unit: Bytes::copy_from_slice(unit) }),
            Seen::Torn(torn) => Some(Self::Torn { source, torn }),
            Seen::NoPacket(error) => Some(Self::NoPacket { source, error }),
            _ => None,
        }
    }
}
