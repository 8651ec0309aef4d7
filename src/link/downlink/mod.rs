//! Telemetry downlinks, from channel symbols to packets and back, from one set of managed parameters.
//!
//! [`DownlinkSettings`] describe a link: the form of the input, the coding, the frames, what they carry. With feature
//! `serde` they stand in a mission's file. A [`DownlinkReceiver`] built from them takes a recording or a live stream, cut
//! anywhere, and hands packets, other units, control fields and word of what was lost to a sink, where they lie; it
//! counts by virtual channel, by application, and by telecommand channel. A [`DownlinkSender`] built from the same
//! settings makes the stream.
//!
//! ```
//! use bytes::Bytes;
//! use spacelink::coding::channel::{Coding, ReedSolomon};
//! use spacelink::coding::randomizer::Randomizer;
//! use spacelink::frame::receive::Seen;
//! use spacelink::frame::send::ChannelSettings;
//! use spacelink::frame::tm::TmSettings;
//! use spacelink::frame::{AnySettings, Scid, Vcid};
//! use spacelink::link::downlink::{CodingSettings, DownlinkReceiver, DownlinkSender, DownlinkSettings, Found};
//!
//! let reed_solomon = ReedSolomon { error_correction: 16, interleaving_depth: 1 };
//! let settings = DownlinkSettings {
//!     scid: Some(Scid(42)),
//!     coding: CodingSettings::Channel {
//!         coding: Coding::ReedSolomon(reed_solomon),
//!         slicing: None,
//!         randomizer: Some(Randomizer::Tm),
//!         any_convention: false,
//!     },
//!     send: vec![ChannelSettings::new(Vcid::ZERO)],
//!     ..DownlinkSettings::new(AnySettings::Tm(TmSettings::of_len(223)))
//! };
//! let mut satellite = DownlinkSender::new(&settings)?;
//! let mut ground = DownlinkReceiver::new(&settings)?;
//!
//! let packet = Bytes::from_static(&[0x01, 0x23, 0xC0, 0x00, 0x00, 0x02, 0xAA, 0xBB, 0xCC]);
//! satellite.enqueue(Vcid::ZERO, packet.clone())?;
//! let mut symbols = Vec::new();
//! while satellite.poll_transmit(&mut symbols)? {}
//! symbols[100] ^= 0xFF; // a burst of bit errors
//!
//! let mut packets = Vec::new();
//! ground.receive(&symbols, |found| {
//!     if let Found::Unit { seen: Seen::Packet(packet), .. } = found {
//!         packets.push(Bytes::copy_from_slice(packet));
//!     }
//! });
//! assert_eq!(packets, [packet]);
//! assert_eq!(ground.quality().unwrap().symbols_corrected, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! As a file (the part `downlink` of a [mission's](super::MissionSettings)), with AOS frames behind the concatenated code:
//!
//! ```toml
//! [downlink]
//! scid = 42
//!
//! [downlink.input]
//! form = "i8"
//!
//! [downlink.coding.channel]
//! randomizer = "tm"
//! coding.concatenated.outer = { error-correction = 16, interleaving-depth = 5 }
//! coding.concatenated.inner = { rate = "1/2" }
//!
//! [downlink.frame]
//! protocol = "aos"
//! frame-len = 1115
//! fecf = true
//!
//! [downlink.receive]
//! packets = [0, 7]
//! ```
//!
//! An uplink of TM, AOS or USLP frames is the same chain turned round: the ground has the sender, the spacecraft the
//! receiver. Telecommand frames in CLTUs, with COP-1, are [`link::tc`](super::tc).
//!
//! USLP frames of variable length, truncated ones too, are cut by the lengths in their headers where the coding is
//! `frames`. Behind markers and codes all frames have one length, which is how the next marker is found.
//!
//! Left out: ciphers of link security (the room they take is skipped).

mod chain;
mod counters;
mod cutter;
mod input;
mod receiver;
mod sender;
mod settings;
mod spacecraft;

pub use counters::{ClcwCounters, DownlinkCounters, PacketCounters, PacketId};
pub use receiver::{DownlinkReceiver, Found};
pub use sender::DownlinkSender;
pub use settings::{
    ChannelSecurity, CodingSettings, DownlinkError, DownlinkSettings, InputForm, InputSettings,
    PacketChannels, ReceiveSettings,
};
pub use spacecraft::Spacecraft;
