//! Telecommand links: units of many virtual channels and MAPs, through COP-1 and CLTUs, from ground to a spacecraft.
//!
//! [`TcSender`] is the ground: it cuts units into segments, gives each virtual channel its FOP-1, and makes CLTUs.
//! [`TcReceiver`] is the spacecraft: it finds CLTUs in what the radio gives, gives each channel its FARM-1, and puts
//! units together; its CLCWs go to ground in telemetry, where [`ClcwReader`] takes them out again. All are built from one
//! [`TcLinkSettings`].
//!
//! ```
//! use bytes::Bytes;
//! use spacelink::cop::Directive;
//! use spacelink::frame::{MapId, Scid, Vcid};
//! use spacelink::link::tc::{ServiceType, TcChannelSettings, TcLinkSettings, TcReceiver, TcSender};
//! use spacelink::time::Instant;
//!
//! let (vcid, map, now) = (Vcid::new(3).unwrap(), MapId::new(0).unwrap(), Instant::ZERO);
//! let link = TcLinkSettings::bch(Scid(42), &[TcChannelSettings::new(vcid)]);
//! let mut ground = TcSender::new(&link)?;
//! let mut board = TcReceiver::new(&link)?;
//!
//! ground.directive(now, vcid, Directive::InitiateWithoutClcwCheck)?;
//! let packet = Bytes::from_static(&[0xE5, 5, b'L', b'T', b'P']);
//! let unit = ground.send(now, vcid, map, ServiceType::SequenceControlled, packet.clone())?;
//!
//! let mut cltu = vec![0; ground.max_cltu_len()];
//! while let Some(sent) = ground.poll_transmit(now, &mut cltu) {
//!     cltu[9] ^= 0x08; // the channel
//!     board.handle_octets(&cltu[..sent.len]);
//! }
//! assert_eq!(board.poll_event().and_then(|event| event.packet()), Some(packet));
//!
//! ground.handle_clcw(now, board.clcw(vcid).unwrap())?;
//! assert!(std::iter::from_fn(|| ground.poll_event()).any(|event| event.confirms(unit)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! As a file (the part `uplink` of a [mission's](super::MissionSettings)); what is left out is usual:
//!
//! ```toml
//! [uplink]
//! scid = 42
//!
//! [uplink.frame]
//! max-frame-len = 256
//! fecf = true
//!
//! [uplink.coding]
//! code.bch = { mode = "correct", randomized = true }
//!
//! [[uplink.channel]]
//! vcid = 3
//! maps = [{ map = 9, service = "access" }]
//! fop = { window = 10, t1-initial = 2.5, transmission-limit = 5 }
//! farm = { window = 40 }
//! ```
//!
//! Left out: link security, the radio, and telemetry but for the CLCWs in it.

mod clcws;
mod receiver;
mod sender;
mod settings;

pub use clcws::{ClcwReader, ClcwRefused};
pub use receiver::{TcReceived, TcReceiver, TcReceiverCounters};
pub use sender::{
    DirectiveError, SendError, ServiceType, TcSender, TcSenderCounters, TcSenderEvent, TcSent, UnitId,
    UnknownChannel,
};
pub use settings::{ChannelError, TcChannelSettings, TcLinkError, TcLinkSettings, TcMapSettings};
