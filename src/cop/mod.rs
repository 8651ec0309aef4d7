//! COP-1: telecommand frames once, in order and without gaps, over a link that loses them.
//!
//! [`Fop`] numbers frames on ground, keeps them until they are acknowledged and sends them again. [`Farm`] on board
//! lets those through whose turn it is and reports ([`Report`], which a CLCW carries to ground). Each serves one
//! virtual channel; channels know nothing of each other. Both are state tables, laid out as in the book.
//!
//! ```
//! use spacelink::cop::{Directive, Farm, FarmInput, Fop, FopEvent, FopFrame, FopParameters, FarmWindow, Verdict};
//! use spacelink::time::Instant;
//!
//! let now = Instant::ZERO;
//! let mut ground = Fop::new(FopParameters::default())?;
//! let mut board = Farm::new(FarmWindow::new(10)?);
//!
//! ground.directive(now, Directive::InitiateWithClcwCheck)?;
//! ground.handle_report(now, board.report());
//! let open = ground.transfer_ad(now, "open the valve")?;
//!
//! let Some(sent) = ground.poll_transmit(now) else { panic!("nothing sent") };
//! let FopFrame::Ad { ns, fdu } = sent.frame else { panic!("no AD frame") };
//! assert_eq!((ns, fdu), (0, "open the valve"));
//! let room = true;
//! assert_eq!(board.handle(FarmInput::Ad { ns, room }), Verdict::Accept);
//!
//! ground.handle_report(now, board.report());
//! let events: Vec<_> = std::iter::from_fn(|| ground.poll_event()).collect();
//! assert_eq!(events.last(), Some(&FopEvent::Confirmed(open)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Left out: the frames themselves ([`frame::tc`](crate::frame::tc)) and the radio link they go over. [`Farm`] needs
//! no allocator, [`Fop`] does.
//!
//! Source: CCSDS 232.1-B-2 with Cor. 1.

mod farm;
#[cfg(feature = "alloc")]
mod fop;
mod report;

pub use farm::{Farm, FarmAction, FarmEvent, FarmInput, FarmState, FarmWindow, FarmWindowError, Verdict};
#[cfg(feature = "alloc")]
pub use fop::{
    AlertCode, Directive, Fop, FopAction, FopEvent, FopFrame, FopParameterError, FopParameters, FopState,
    FopTransmit, Rejected, RequestId, Row, TableEvent, TimeoutType,
};
pub use report::Report;

/// The cell of a state table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell<A: 'static, S> {
    /// What is done, in order; nothing where the book says to ignore the event.
    pub actions: &'static [A],
    /// The state after it.
    pub next: S,
}

/// One cell as the tables write it: `[actions; next state]`, or `[-]` where the book says that the event cannot be.
macro_rules! cell {
    ([-]) => {
        None
    };
    ([$($action:expr),*; $next:ident]) => {
        Some($crate::cop::Cell { actions: &[$($action),*], next: $next })
    };
}
use cell;
