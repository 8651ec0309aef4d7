//! The receiving end of every frame format: frames in, packets and other units out, with word of what was lost.
//!
//! [`Demultiplexer`] works on any [`Format`]: the managed parameters of [AOS](crate::frame::aos), [TM](crate::frame::tm) and
//! [USLP](crate::frame::uslp) frames are formats. It counts frames by channel, says where some are missing, and never
//! joins halves of different packets. See the [module above](crate::frame) for an example.
//!
//! What lies in the data fields is in part said by the frames and in part managed: [`Service`], and
//! [`SecurityLengths`](crate::frame::SecurityLengths) where link security takes room. To receive encrypted frames, open them with
//! [`Format::open`], replace [`Opened::field`] by what it stands for, and hand them to [`Demultiplexer::accept`].

mod demultiplexer;
mod event;
mod format;
mod lane;

pub use demultiplexer::{
    ChannelCounters, Counters, Demultiplexer, DemultiplexerSettings, FrameRefused, Received,
};
pub use event::{Event, Seen, Source};
pub use format::{Content, Format, FrameCount, Opened, Service};
pub(super) use lane::unit;
