//! The sans-IO convention: how a procedure runs without owning a socket, clock, thread or random source.
//!
//! A procedure (an LTP engine, a link, a whole node) is a plain struct. The host hands it units and the time, and
//! asks it what to send, what happened and when to come back. The same machine therefore runs over real sockets,
//! on bare metal and in virtual time.
//!
//! # The drive rule
//!
//! 1. Do one thing to it: an input, a request, or a due timeout.
//! 2. Drain [`poll_transmit`](Machine::poll_transmit) and [`poll_event`](Machine::poll_event) until both say
//!    `None`.
//! 3. Wait for an input or for [`poll_timeout`](Machine::poll_timeout). Once due timeouts are handled and
//!    everything is drained, that is `None` or later than `now`.
//!
//! A host that cannot send more for now may stop draining `poll_transmit` (that is how back-pressure looks to a
//! machine) and go on when it can.
//!
//! Requests of the user are ordinary methods of each machine, named after the service primitive.

use crate::time::Instant;

/// One procedure, driven from outside.
pub trait Machine {
    /// What comes in from the layer below.
    type Input<'a>;
    /// What goes with each unit that is to be sent: its length, and where it goes if there is a choice.
    type Transmit;
    /// What the user of the machine is told.
    type Event;
    /// Why an input was refused.
    type Error;

    /// Takes one unit from the layer below.
    ///
    /// # Errors
    /// This unit was refused and the machine is unharmed.
    fn handle_input(&mut self, now: Instant, input: Self::Input<'_>) -> Result<(), Self::Error>;

    /// Lets the machine do what is due at `now`. Harmless when called early.
    ///
    /// Call it when the time of [`poll_timeout`](Self::poll_timeout) has come.
    fn handle_timeout(&mut self, now: Instant);

    /// Writes the next unit to send to the front of `out`.
    ///
    /// Call it after every input, request and timeout until it says `None`; each machine says how much room `out`
    /// must have.
    fn poll_transmit(&mut self, now: Instant, out: &mut [u8]) -> Option<Self::Transmit>;

    /// What happened since the last call. Call it after every input, request and timeout until it says `None`.
    fn poll_event(&mut self) -> Option<Self::Event>;

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called next. Ask again after every other call.
    fn poll_timeout(&self) -> Option<Instant>;
}
