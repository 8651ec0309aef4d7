//! Telecommand links: units of many virtual channels and MAPs, through COP-1 and CLTUs, from ground to a spacecraft.
//!
//! [`TcSender`] is the ground: it cuts units into segments, gives each virtual channel its FOP-1, and makes CLTUs.
//! [`TcReceiver`] is the spacecraft: it finds CLTUs in what the radio gives, gives each channel its FARM-1, and puts
//! units together; its CLCWs go to ground in telemetry, where [`ClcwReader`] takes them out again. All are built from one
//! [`TcLinkParameters`].
//!
//! ```
//! use bytes::Bytes;
//! use spacelink::cop::Directive;
//! use spacelink::frame::tc::ChannelSettings;
//! use spacelink::frame::{MapId, Scid, Vcid};
//! use spacelink::link::tc::{ServiceType, TcChannel, TcLinkParameters, TcReceiver, TcSender};
//! use spacelink::time::Instant;
//!
//! let (vcid, map, now) = (Vcid::new(3).unwrap(), MapId::new(0).unwrap(), Instant::ZERO);
//! let link = TcLinkParameters::bch(Scid(42), &[TcChannel::new(ChannelSettings::new(vcid))]);
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
//! Left out: link security, the radio, and telemetry but for the CLCWs in it.

mod clcws;
mod parameters;
mod receiver;
mod sender;

pub use clcws::{ClcwReader, ClcwRefused};
pub use parameters::{TcChannel, TcLinkError, TcLinkParameters};
pub use receiver::{TcReceived, TcReceiver, TcReceiverCounters};
pub use sender::{
    DirectiveError, SendError, ServiceType, TcSender, TcSenderCounters, TcSenderEvent, TcSent, UnitId,
    UnknownChannel,
};
