mod parameters;
mod table;
#[cfg(test)]
mod tests;

pub use parameters::{Directive, FopParameterError, FopParameters, TimeoutType};
pub use table::{AlertCode, FopAction, FopState, Row, TableEvent};

use alloc::collections::VecDeque;

use super::Report;
use crate::frame::tc::ControlCommand;
use crate::time::Instant;

/// The sending end of COP-1 for one virtual channel (FOP-1).
///
/// `F` is what a frame carries (an FDU); it is kept, and cloned for each transmission. Drive it as any
/// [machine](crate::machine): after each call drain [`poll_transmit`](Self::poll_transmit) and
/// [`poll_event`](Self::poll_event), then wait for [`poll_timeout`](Self::poll_timeout).
///
/// A frame that `poll_transmit` gives counts as accepted by the lower procedures (E41, E43, E45); when they
/// fail afterwards, say so with [`lower_procedures_failed`](Self::lower_procedures_failed). Cells that the book calls
/// impossible change nothing.
///
/// After an alert the ends may differ in what they expect next: [`Directive::SetVs`] to the V(R) of a report, or
/// [`Directive::InitiateWithSetVr`], makes them agree again.
///
/// Source: CCSDS 232.1-B-2 §5.
#[derive(Clone, Debug)]
pub struct Fop<F> {
    parameters: FopParameters,
    state: FopState,
    vs: u8,
    nn_r: u8,
    count: u8,
    /// SS: the state that resuming goes back to, 1 to 4; 0 when not suspended.
    suspended: u8,
    timer: Option<Instant>,
    sent: VecDeque<Sent<F>>,
    /// The BC frame on its way, and whether it is to be sent again.
    bc: Option<(ControlCommand, bool)>,
    wait: Option<(RequestId, F)>,
    /// The initiation under way, in S4 and S5.
    initiating: Option<Directive>,
    lower: Lower<F>,
    last_request: u64,
    events: VecDeque<FopEvent>,
}

/// An AD frame not acknowledged yet.
#[derive(Clone, Debug)]
struct Sent<F> {
    request: RequestId,
    ns: u8,
    fdu: F,
    again: bool,
}

/// What was handed down and not polled yet. The out flag of a kind is "not ready" as long as there is one.
#[derive(Clone, Debug)]
struct Lower<F> {
    ad: Option<FopTransmit<F>>,
    bc: Option<FopTransmit<F>>,
    bd: Option<FopTransmit<F>>,
}

/// Names a request to transfer, in the order of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(u64);

/// A frame to send now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FopTransmit<F> {
    /// What to send.
    pub frame: FopFrame<F>,
    /// Whether it was sent before.
    pub again: bool,
}

/// What a frame carries and by which service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FopFrame<F> {
    /// Sequence-controlled.
    Ad {
        /// N(S), its sequence number.
        ns: u8,
        /// What it carries.
        fdu: F,
    },
    /// Expedited.
    Bd {
        /// What it carries.
        fdu: F,
    },
    /// A command for the receiving end of COP-1.
    Bc(ControlCommand),
}

/// What the user is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FopEvent {
    /// Accept response: the unit was numbered and is on its way. For BD units this is all there will be.
    Accepted(RequestId),
    /// Reject response to a unit that was waiting: it was not sent.
    Rejected(RequestId),
    /// Positive confirm: the unit was accepted at the other end.
    Confirmed(RequestId),
    /// Negative confirm: the unit was sent, and it is not known whether it was accepted.
    NotConfirmed(RequestId),
    /// Positive confirm: the directive is done.
    DirectiveConfirmed(Directive),
    /// Negative confirm: the initiation failed.
    DirectiveNotConfirmed(Directive),
    /// The AD service ended.
    Alert(AlertCode),
    /// The AD service is suspended and can be resumed.
    Suspended,
}

/// Reject response: a request or directive was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("FOP-1 rejects this ({event:?} in {state:?})")]
pub struct Rejected {
    /// What was asked for, as a row of the state table.
    pub event: TableEvent,
    /// The state it was asked in.
    pub state: FopState,
}

/// What an event is about.
enum Subject<F> {
    Nothing,
    Report(u8),
    Fdu(RequestId, F),
    Directive(Directive),
}

impl<F: Clone> Fop<F> {
    /// In the initial state, with V(S) 0.
    ///
    /// # Errors
    /// [`FopParameterError`] for values the book does not have.
    pub fn new(parameters: FopParameters) -> Result<Self, FopParameterError> {
        parameters.check()?;
        Ok(Self {
            parameters,
            state: FopState::Initial,
            vs: 0,
            nn_r: 0,
            count: 1,
            suspended: 0,
            timer: None,
            sent: VecDeque::new(),
            bc: None,
            wait: None,
            initiating: None,
            lower: Lower { ad: None, bc: None, bd: None },
            last_request: 0,
            events: VecDeque::new(),
        })
    }

    /// Request to transfer a unit in a sequence-controlled frame.
    ///
    /// # Errors
    /// [`Rejected`] when there is no AD service or a unit is waiting already.
    pub fn transfer_ad(&mut self, now: Instant, fdu: F) -> Result<RequestId, Rejected> {
        self.transfer(now, if self.wait.is_none() { TableEvent::E19 } else { TableEvent::E20 }, fdu)
    }

    /// Request to transfer a unit in an expedited frame.
    ///
    /// # Errors
    /// [`Rejected`] while the BD frame before it has not been polled.
    pub fn transfer_bd(&mut self, now: Instant, fdu: F) -> Result<RequestId, Rejected> {
        self.transfer(now, if self.lower.bd.is_none() { TableEvent::E21 } else { TableEvent::E22 }, fdu)
    }

    fn transfer(&mut self, now: Instant, event: TableEvent, fdu: F) -> Result<RequestId, Rejected> {
        let request = RequestId(self.last_request);
        self.last_request += 1;
        self.apply(now, event, Subject::Fdu(request, fdu)).map(|()| request)
    }

    /// Request to execute a directive.
    ///
    /// # Errors
    /// [`Rejected`]
    pub fn directive(&mut self, now: Instant, directive: Directive) -> Result<(), Rejected> {
        let bc_ready = self.lower.bc.is_none();
        let event = match directive {
            _ if !directive.is_valid() => TableEvent::E40,
            Directive::InitiateWithoutClcwCheck => TableEvent::E23,
            Directive::InitiateWithClcwCheck => TableEvent::E24,
            Directive::InitiateWithUnlock if bc_ready => TableEvent::E25,
            Directive::InitiateWithUnlock => TableEvent::E26,
            Directive::InitiateWithSetVr(_) if bc_ready => TableEvent::E27,
            Directive::InitiateWithSetVr(_) => TableEvent::E28,
            Directive::Terminate => TableEvent::E29,
            Directive::Resume => match self.suspended {
                1 => TableEvent::E31,
                2 => TableEvent::E32,
                3 => TableEvent::E33,
                4 => TableEvent::E34,
                _ => TableEvent::E30,
            },
            Directive::SetVs(_) => TableEvent::E35,
            Directive::SetWindow(_) => TableEvent::E36,
            Directive::SetT1Initial(_) => TableEvent::E37,
            Directive::SetTransmissionLimit(_) => TableEvent::E38,
            Directive::SetTimeoutType(_) => TableEvent::E39,
        };
        self.apply(now, event, Subject::Directive(directive))
    }

    /// Takes the report of a CLCW for this channel.
    pub fn handle_report(&mut self, now: Instant, report: Report) {
        let event = self.classify(report);
        // No cell of a CLCW event rejects.
        let _ = self.apply(now, event, Subject::Report(report.vr));
    }

    /// Takes note of a CLCW for this channel that makes no sense (E15): of another COP, say.
    pub fn handle_invalid_clcw(&mut self, now: Instant) {
        let _ = self.apply(now, TableEvent::E15, Subject::Nothing);
    }

    /// Which row of the table a report is.
    #[must_use]
    pub const fn classify(&self, report: Report) -> TableEvent {
        let Report { lockout, wait, retransmit, vr: nr, .. } = report;
        let FopParameters { transmission_limit, .. } = self.parameters;
        let none_new = nr == self.nn_r;
        if lockout {
            return TableEvent::E14;
        }
        if nr.wrapping_sub(self.nn_r) > self.vs.wrapping_sub(self.nn_r) {
            return TableEvent::E13;
        }
        match (nr == self.vs, retransmit, wait) {
            (true, true, _) => TableEvent::E4,
            (true, false, true) => TableEvent::E3,
            (true, false, false) if none_new => TableEvent::E1,
            (true, false, false) => TableEvent::E2,
            (false, false, true) => TableEvent::E7,
            (false, false, false) if none_new => TableEvent::E5,
            (false, false, false) => TableEvent::E6,
            (false, true, _) if transmission_limit == 1 && none_new => TableEvent::E102,
            (false, true, _) if transmission_limit == 1 => TableEvent::E101,
            (false, true, false) if !none_new => TableEvent::E8,
            (false, true, true) if !none_new => TableEvent::E9,
            (false, true, false) if self.count < transmission_limit => TableEvent::E10,
            (false, true, true) if self.count < transmission_limit => TableEvent::E11,
            (false, true, false) => TableEvent::E12,
            (false, true, true) => TableEvent::E103,
        }
    }

    /// Lets the timer run out when it is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.timer.is_none_or(|due| now < due) {
            return;
        }
        self.timer = None;
        let FopParameters { transmission_limit, timeout_type, .. } = self.parameters;
        let event = match (self.count < transmission_limit, timeout_type) {
            (true, TimeoutType::Alert) => TableEvent::E16,
            (true, TimeoutType::Suspend) => TableEvent::E104,
            (false, TimeoutType::Alert) => TableEvent::E17,
            (false, TimeoutType::Suspend) => TableEvent::E18,
        };
        let _ = self.apply(now, event, Subject::Nothing);
    }

    /// The next frame to send; control commands first, then expedited frames.
    pub fn poll_transmit(&mut self, now: Instant) -> Option<FopTransmit<F>> {
        let Lower { ad, bc, bd } = &mut self.lower;
        let (frame, accepted) = if let Some(frame) = bc.take() {
            (frame, TableEvent::E43)
        } else if let Some(frame) = bd.take() {
            (frame, TableEvent::E45)
        } else {
            (ad.take()?, TableEvent::E41)
        };
        let _ = self.apply(now, accepted, Subject::Nothing);
        Some(frame)
    }

    /// The lower procedures could not send a frame that [`poll_transmit`](Self::poll_transmit) gave (E42, E44, E46):
    /// the AD service ends with an alert.
    pub fn lower_procedures_failed(&mut self, now: Instant, frame: &FopFrame<F>) {
        let event = match frame {
            FopFrame::Ad { .. } => TableEvent::E42,
            FopFrame::Bc(_) => TableEvent::E44,
            FopFrame::Bd { .. } => TableEvent::E46,
        };
        let _ = self.apply(now, event, Subject::Nothing);
    }

    /// What happened since the last call.
    pub fn poll_event(&mut self) -> Option<FopEvent> {
        self.events.pop_front()
    }

    /// When the timer runs out.
    #[must_use]
    pub const fn poll_timeout(&self) -> Option<Instant> {
        self.timer
    }

    /// Where it stands in the table.
    #[must_use]
    pub const fn state(&self) -> FopState {
        self.state
    }

    /// V(S), the number of the next AD frame.
    #[must_use]
    pub const fn vs(&self) -> u8 {
        self.vs
    }

    /// NN(R), the number of the oldest frame not acknowledged.
    #[must_use]
    pub const fn nn_r(&self) -> u8 {
        self.nn_r
    }

    /// Frames sent and not acknowledged; a BC frame counts.
    #[must_use]
    pub fn outstanding(&self) -> usize {
        self.sent.len() + usize::from(self.bc.is_some())
    }

    /// Whether [`transfer_ad`](Self::transfer_ad) would be taken now.
    #[must_use]
    pub const fn is_hungry(&self) -> bool {
        use FopState::{Active, RetransmitWithWait, RetransmitWithoutWait};
        self.wait.is_none() && matches!(self.state, Active | RetransmitWithWait | RetransmitWithoutWait)
    }

    /// Whether [`poll_transmit`](Self::poll_transmit) has a frame.
    #[must_use]
    pub const fn has_transmit(&self) -> bool {
        self.lower.ad.is_some() || self.lower.bc.is_some() || self.lower.bd.is_some()
    }

    /// Whether a BD frame has not been polled yet, so that [`transfer_bd`](Self::transfer_bd) would be rejected.
    #[must_use]
    pub const fn is_bd_busy(&self) -> bool {
        self.lower.bd.is_some()
    }

    /// The state that resuming goes back to, 1 to 4; 0 when not suspended.
    #[must_use]
    pub const fn suspend_state(&self) -> u8 {
        self.suspended
    }

    /// The parameters in force.
    #[must_use]
    pub const fn parameters(&self) -> FopParameters {
        self.parameters
    }

    /// Does what the table says.
    fn apply(&mut self, now: Instant, event: TableEvent, mut subject: Subject<F>) -> Result<(), Rejected> {
        let state = self.state;
        let rejected = Rejected { event, state };
        let Some(cell) = event.row()[state as usize] else {
            // The book calls it impossible. Whoever asked for something has to be answered, all else is ignored.
            return if matches!(subject, Subject::Directive(_) | Subject::Fdu(..)) {
                Err(rejected)
            } else {
                Ok(())
            };
        };
        self.state = cell.next;
        for action in cell.actions {
            self.act(now, *action, &mut subject).map_err(|Refused| rejected)?;
        }
        Ok(())
    }

    fn act(&mut self, now: Instant, action: FopAction, subject: &mut Subject<F>) -> Result<(), Refused> {
        match action {
            FopAction::Accept => {
                if let Subject::Fdu(request, _) = subject {
                    self.events.push_back(FopEvent::Accepted(*request));
                }
            }
            FopAction::Reject => return Err(Refused),
            FopAction::Confirm => {
                let asked = if let Subject::Directive(directive) = subject { Some(*directive) } else { None };
                let done = asked.or_else(|| self.initiating.take());
                self.events.extend(done.map(FopEvent::DirectiveConfirmed));
            }
            FopAction::RemoveAcknowledged => {
                if let Subject::Report(nr) = subject {
                    self.remove_acknowledged(*nr);
                }
            }
            FopAction::CancelTimer => self.timer = None,
            FopAction::StartTimer => {
                self.start_timer(now);
                self.remember(subject);
            }
            FopAction::LookForFdu => self.look_for_fdu(now),
            FopAction::LookForDirective => self.look_for_directive(),
            FopAction::AddToWaitQueue => {
                if let Subject::Fdu(request, fdu) = core::mem::replace(subject, Subject::Nothing) {
                    self.wait = Some((request, fdu));
                }
            }
            FopAction::TransmitBd => {
                if let Subject::Fdu(_, fdu) = core::mem::replace(subject, Subject::Nothing) {
                    self.lower.bd = Some(FopTransmit { frame: FopFrame::Bd { fdu }, again: false });
                }
            }
            FopAction::TransmitUnlock => {
                self.remember(subject);
                self.transmit_bc(now, ControlCommand::Unlock);
            }
            FopAction::TransmitSetVr => {
                self.remember(subject);
                if let Subject::Directive(Directive::InitiateWithSetVr(value)) = *subject {
                    (self.vs, self.nn_r) = (value, value);
                    self.transmit_bc(now, ControlCommand::SetVr(value));
                }
            }
            FopAction::InitiateAdRetransmission => {
                // A frame handed down and not polled is aborted; it is on the sent queue like all others.
                self.lower.ad = None;
                self.count = self.count.saturating_add(1);
                self.start_timer(now);
                self.sent.iter_mut().for_each(|sent| sent.again = true);
            }
            FopAction::InitiateBcRetransmission => {
                self.lower.bc = None;
                self.count = self.count.saturating_add(1);
                self.start_timer(now);
                if let Some((_, again)) = &mut self.bc {
                    *again = true;
                }
            }
            FopAction::ReleaseBc => self.bc = None,
            FopAction::Initialise => {
                self.purge();
                self.count = 1;
                self.suspended = 0;
            }
            FopAction::Alert(code) => {
                self.timer = None;
                self.purge();
                let failed = self.initiating.take().map(FopEvent::DirectiveNotConfirmed);
                self.events.extend(failed);
                self.events.push_back(FopEvent::Alert(code));
            }
            FopAction::Suspend(state) => {
                self.suspended = state;
                self.events.push_back(FopEvent::Suspended);
            }
            FopAction::Resume => {
                self.start_timer(now);
                self.suspended = 0;
            }
            FopAction::SetVs => {
                let Subject::Directive(directive @ Directive::SetVs(value)) = *subject else {
                    return Err(Refused);
                };
                if self.suspended != 0 {
                    return Err(Refused);
                }
                (self.vs, self.nn_r) = (value, value);
                self.events.push_back(FopEvent::DirectiveConfirmed(directive));
            }
            FopAction::SetParameter => {
                if let Subject::Directive(directive) = *subject {
                    self.parameters.set(directive);
                }
            }
            // Polling empties the place of the frame, which is the flag.
            FopAction::AdReady | FopAction::BcReady | FopAction::BdReady => {}
        }
        Ok(())
    }

    /// Keeps the initiation that a CLCW will confirm.
    fn remember(&mut self, subject: &Subject<F>) {
        if let Subject::Directive(directive) = *subject {
            self.initiating = Some(directive);
        }
    }

    fn start_timer(&mut self, now: Instant) {
        self.timer = Some(now + self.parameters.t1_initial);
    }

    /// Purges both queues, and what was handed down of them.
    fn purge(&mut self) {
        let Self { sent, wait, events, .. } = self;
        events.extend(sent.drain(..).map(|sent| FopEvent::NotConfirmed(sent.request)));
        events.extend(wait.take().map(|(request, _)| FopEvent::Rejected(request)));
        self.bc = None;
        self.lower.ad = None;
        self.lower.bc = None;
    }

    fn remove_acknowledged(&mut self, nr: u8) {
        while let Some(sent) = self.sent.pop_front_if(|sent| sent.ns != nr) {
            self.events.push_back(FopEvent::Confirmed(sent.request));
        }
        self.nn_r = nr;
        self.count = 1;
    }

    fn look_for_fdu(&mut self, now: Instant) {
        if self.lower.ad.is_some() {
            return;
        }
        if let Some(sent) = self.sent.iter_mut().find(|sent| sent.again) {
            sent.again = false;
            let frame = FopFrame::Ad { ns: sent.ns, fdu: sent.fdu.clone() };
            self.lower.ad = Some(FopTransmit { frame, again: true });
        } else if self.vs.wrapping_sub(self.nn_r) < self.parameters.window
            && let Some((request, fdu)) = self.wait.take()
        {
            self.events.push_back(FopEvent::Accepted(request));
            let ns = self.vs;
            self.vs = ns.wrapping_add(1);
            if self.sent.is_empty() {
                self.count = 1;
            }
            self.sent.push_back(Sent { request, ns, fdu: fdu.clone(), again: false });
            self.start_timer(now);
            self.lower.ad = Some(FopTransmit { frame: FopFrame::Ad { ns, fdu }, again: false });
        }
    }

    fn transmit_bc(&mut self, now: Instant, command: ControlCommand) {
        self.bc = Some((command, false));
        self.count = 1;
        self.start_timer(now);
        self.lower.bc = Some(FopTransmit { frame: FopFrame::Bc(command), again: false });
    }

    fn look_for_directive(&mut self) {
        if self.lower.bc.is_none()
            && let Some((command, again @ true)) = &mut self.bc
        {
            *again = false;
            self.lower.bc = Some(FopTransmit { frame: FopFrame::Bc(*command), again: true });
        }
    }
}

/// An action answered with a reject response.
struct Refused;
