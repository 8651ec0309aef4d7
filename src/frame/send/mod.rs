//! The sending end of every frame format: packets and other units in, frames out.
//!
//! [`Multiplexer`] works on any [`SendFormat`]: the managed parameters of [AOS](crate::frame::aos),
//! [TM](crate::frame::tm) and [USLP](crate::frame::uslp) frames are such formats. It queues what each channel has to
//! send, lets the [scheduler](crate::frame::scheduler) say whose turn it is, fills fixed-length frames with packets that
//! span them and with idle packets, and never lets a ready packet wait for others to fill a frame. See the
//! [module above](crate::frame) for an example.
//!
//! A channel that carries [packets](Service::Packets) takes whole packets; one of [access data](Service::Access) takes
//! units, of the length of a frame's zone where the format cannot say theirs; a [stream](Service::Stream) takes any
//! octets. TC frames, which wait for acknowledgement, are made elsewhere.

mod format;
mod lane;
mod multiplexer;
mod settings;

pub use format::{FrameOf, Protect, SendFormat, UnitLen};
pub use lane::{Load, Part};
pub use multiplexer::Multiplexer;
pub use settings::{ChannelSettings, MultiplexerError, Refused, Service};
