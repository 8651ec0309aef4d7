//! The FOP-1 state table, laid out as table 5-1 of CCSDS 232.1-B-2.

use crate::cop::{Cell, cell};

/// The columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FopState {
    /// S1: frames go out and are acknowledged.
    Active,
    /// S2: frames are being sent again.
    RetransmitWithoutWait,
    /// S3: frames are to be sent again once there is room for them.
    RetransmitWithWait,
    /// S4: a CLCW is awaited that shows both ends agree.
    InitialisingWithoutBc,
    /// S5: a CLCW is awaited that shows the control command was obeyed.
    InitialisingWithBc,
    /// S6: there is no AD service.
    Initial,
}

/// The rows. NN(R) is the oldest frame not acknowledged; N(R), the retransmit and the wait flag are those of the CLCW.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TableEvent {
    /// CLCW acknowledges all, no flag; nothing was outstanding.
    E1,
    /// CLCW acknowledges all, no flag; some were outstanding.
    E2,
    /// CLCW acknowledges all, wait without retransmit.
    E3,
    /// CLCW acknowledges all, and asks for retransmission.
    E4,
    /// CLCW leaves some outstanding, no flag; acknowledges none.
    E5,
    /// CLCW leaves some outstanding, no flag; acknowledges others.
    E6,
    /// CLCW leaves some outstanding, wait without retransmit.
    E7,
    /// CLCW asks for retransmission, frames are sent once only; acknowledges some.
    E101,
    /// CLCW asks for retransmission, frames are sent once only; acknowledges none.
    E102,
    /// CLCW asks for retransmission without wait; acknowledges some.
    E8,
    /// CLCW asks for retransmission with wait; acknowledges some.
    E9,
    /// CLCW asks for retransmission without wait, acknowledges none; below the transmission limit.
    E10,
    /// CLCW asks for retransmission with wait, acknowledges none; below the transmission limit.
    E11,
    /// CLCW asks for retransmission without wait, acknowledges none; at the transmission limit.
    E12,
    /// CLCW asks for retransmission with wait, acknowledges none; at the transmission limit.
    E103,
    /// CLCW whose N(R) is no frame in between NN(R) and V(S).
    E13,
    /// CLCW with lockout.
    E14,
    /// CLCW that is not valid.
    E15,
    /// Timer ran out below the transmission limit, timeout type 0.
    E16,
    /// Timer ran out below the transmission limit, timeout type 1.
    E104,
    /// Timer ran out at the transmission limit, timeout type 0.
    E17,
    /// Timer ran out at the transmission limit, timeout type 1.
    E18,
    /// Request to transfer an AD unit, the wait queue is empty.
    E19,
    /// Request to transfer an AD unit, the wait queue is full.
    E20,
    /// Request to transfer a BD unit, the lower procedures are ready.
    E21,
    /// Request to transfer a BD unit, the lower procedures are not ready.
    E22,
    /// Initiate AD service without CLCW check.
    E23,
    /// Initiate AD service with CLCW check.
    E24,
    /// Initiate AD service with Unlock, the lower procedures are ready.
    E25,
    /// Initiate AD service with Unlock, the lower procedures are not ready.
    E26,
    /// Initiate AD service with Set V(R), the lower procedures are ready.
    E27,
    /// Initiate AD service with Set V(R), the lower procedures are not ready.
    E28,
    /// Terminate AD service.
    E29,
    /// Resume AD service, not suspended.
    E30,
    /// Resume AD service, suspended in S1.
    E31,
    /// Resume AD service, suspended in S2.
    E32,
    /// Resume AD service, suspended in S3.
    E33,
    /// Resume AD service, suspended in S4.
    E34,
    /// Set V(S).
    E35,
    /// Set FOP sliding window.
    E36,
    /// Set T1 initial.
    E37,
    /// Set transmission limit.
    E38,
    /// Set timeout type.
    E39,
    /// Directive that is not valid.
    E40,
    /// AD frame accepted by the lower procedures.
    E41,
    /// AD frame rejected by the lower procedures.
    E42,
    /// BC frame accepted by the lower procedures.
    E43,
    /// BC frame rejected by the lower procedures.
    E44,
    /// BD frame accepted by the lower procedures.
    E45,
    /// BD frame rejected by the lower procedures.
    E46,
}

/// Why the AD service ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AlertCode {
    /// LIMIT: a frame was sent as often as allowed and is asked for again.
    Limit,
    /// T1: no acknowledgement, though a frame was sent as often as allowed.
    T1,
    /// LOCKOUT: the receiving end is in lockout.
    Lockout,
    /// SYNCH: a CLCW does not fit what was sent.
    Synch,
    /// NN(R): a CLCW acknowledges what was not sent or takes acknowledgement back.
    NnR,
    /// CLCW: a combination of flags that must not be.
    Clcw,
    /// LLIF: the lower procedures did not take a frame.
    Llif,
    /// TERM: the user ended the service.
    Term,
}

/// The verbs of the cells, §5.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FopAction {
    /// Accept response to a request or directive.
    Accept,
    /// Reject response to a request or directive.
    Reject,
    /// Positive confirm of a directive.
    Confirm,
    /// Frames in front of N(R) leave the sent queue and are confirmed; NN(R) becomes N(R); the transmission count 1.
    RemoveAcknowledged,
    /// The timer stops.
    CancelTimer,
    /// The timer starts.
    StartTimer,
    /// Hands down a frame to be sent again, else a new one if the window allows.
    LookForFdu,
    /// Hands down the BC frame if it is to be sent again.
    LookForDirective,
    /// The unit waits.
    AddToWaitQueue,
    /// Hands down a BD frame.
    TransmitBd,
    /// Hands down a BC frame with Unlock, starts the timer.
    TransmitUnlock,
    /// V(S) and NN(R) become what the directive says, which a BC frame with Set V(R) tells the other end.
    TransmitSetVr,
    /// All AD frames of the sent queue are to be sent again; one more transmission; the timer starts.
    InitiateAdRetransmission,
    /// The BC frame is to be sent again; one more transmission; the timer starts.
    InitiateBcRetransmission,
    /// The BC frame was obeyed and is forgotten.
    ReleaseBc,
    /// Queues are purged; the transmission count becomes 1; not suspended.
    Initialise,
    /// Timer stopped, queues purged, an initiation under way confirmed negatively, the user told.
    Alert(AlertCode),
    /// The suspend state becomes this, the user is told.
    Suspend(u8),
    /// The timer starts; not suspended.
    Resume,
    /// V(S) and NN(R) become what the directive says; rejected when suspended.
    SetVs,
    /// A parameter becomes what the directive says.
    SetParameter,
    /// The lower procedures are ready for an AD frame.
    AdReady,
    /// The lower procedures are ready for a BC frame.
    BcReady,
    /// The lower procedures are ready for a BD frame.
    BdReady,
}

use AlertCode::{Clcw, Limit, Llif, Lockout, NnR, Synch, T1, Term};
use FopAction::{
    Accept, AdReady, AddToWaitQueue, Alert, BcReady, BdReady, CancelTimer, Confirm, Initialise,
    InitiateAdRetransmission as RetransmitAd, InitiateBcRetransmission as RetransmitBc, LookForDirective,
    LookForFdu, Reject, ReleaseBc, RemoveAcknowledged as Remove, Resume, SetParameter, SetVs, StartTimer,
    Suspend, TransmitBd, TransmitSetVr, TransmitUnlock,
};
use FopState::{
    Active as S1, Initial as S6, InitialisingWithBc as S5, InitialisingWithoutBc as S4,
    RetransmitWithWait as S3, RetransmitWithoutWait as S2,
};

/// The cells of one event, S1 to S6; `None` where the book says that the event cannot be.
pub type Row = [Option<Cell<FopAction, FopState>>; 6];

impl TableEvent {
    /// The row of the table.
    #[rustfmt::skip]
    #[must_use]
    pub const fn row(self) -> Row {
        match self {
            Self::E1 => [
                cell!([; S1]), cell!([Alert(Synch); S6]), cell!([Alert(Synch); S6]),
                cell!([Confirm, CancelTimer; S1]), cell!([Confirm, ReleaseBc, CancelTimer; S1]), IGNORED],
            Self::E2 => [
                cell!([Remove, CancelTimer, LookForFdu; S1]), cell!([Remove, CancelTimer, LookForFdu; S1]),
                cell!([Remove, CancelTimer, LookForFdu; S1]), None, None, IGNORED],
            Self::E3 | Self::E15 => ALERT_CLCW,
            Self::E4 => [
                cell!([Alert(Synch); S6]), cell!([Alert(Synch); S6]), cell!([Alert(Synch); S6]),
                cell!([Alert(Synch); S6]), cell!([; S5]), IGNORED],
            Self::E5 => [
                cell!([; S1]), cell!([Alert(Synch); S6]), cell!([Alert(Synch); S6]), None, None, IGNORED],
            Self::E6 => [
                cell!([Remove, LookForFdu; S1]), cell!([Remove, LookForFdu; S1]), cell!([Remove, LookForFdu; S1]),
                None, None, IGNORED],
            Self::E7 => [
                cell!([Alert(Clcw); S6]), cell!([Alert(Clcw); S6]), cell!([Alert(Clcw); S6]), None, None, IGNORED],
            Self::E101 => [
                cell!([Remove, Alert(Limit); S6]), cell!([Remove, Alert(Limit); S6]),
                cell!([Remove, Alert(Limit); S6]), None, None, IGNORED],
            Self::E102 => [
                cell!([Alert(Limit); S6]), cell!([Alert(Limit); S6]), cell!([Alert(Limit); S6]),
                None, None, IGNORED],
            Self::E8 => [
                cell!([Remove, RetransmitAd, LookForFdu; S2]), cell!([Remove, RetransmitAd, LookForFdu; S2]),
                cell!([Remove, RetransmitAd, LookForFdu; S2]), None, None, IGNORED],
            Self::E9 => [
                cell!([Remove; S3]), cell!([Remove; S3]), cell!([Remove; S3]), None, None, IGNORED],
            Self::E10 => [
                cell!([RetransmitAd, LookForFdu; S2]), cell!([; S2]), cell!([RetransmitAd, LookForFdu; S2]),
                None, None, IGNORED],
            Self::E11 => [cell!([; S3]), cell!([; S3]), cell!([; S3]), None, None, IGNORED],
            Self::E12 => [cell!([; S2]), cell!([; S2]), cell!([; S2]), None, None, IGNORED],
            Self::E103 => [cell!([; S3]), cell!([; S3]), cell!([; S3]), None, None, IGNORED],
            Self::E13 => [
                cell!([Alert(NnR); S6]), cell!([Alert(NnR); S6]), cell!([Alert(NnR); S6]), cell!([Alert(NnR); S6]),
                cell!([; S5]), IGNORED],
            Self::E14 => [
                cell!([Alert(Lockout); S6]), cell!([Alert(Lockout); S6]), cell!([Alert(Lockout); S6]),
                cell!([Alert(Lockout); S6]), cell!([; S5]), IGNORED],
            Self::E16 => [
                cell!([RetransmitAd, LookForFdu; S1]), cell!([RetransmitAd, LookForFdu; S2]), cell!([; S3]),
                cell!([Alert(T1); S6]), cell!([RetransmitBc, LookForDirective; S5]), None],
            Self::E104 => [
                cell!([RetransmitAd, LookForFdu; S1]), cell!([RetransmitAd, LookForFdu; S2]), cell!([; S3]),
                cell!([Suspend(4); S6]), cell!([RetransmitBc, LookForDirective; S5]), None],
            Self::E17 => [
                cell!([Alert(T1); S6]), cell!([Alert(T1); S6]), cell!([Alert(T1); S6]), cell!([Alert(T1); S6]),
                cell!([Alert(T1); S6]), None],
            Self::E18 => [
                cell!([Suspend(1); S6]), cell!([Suspend(2); S6]), cell!([Suspend(3); S6]), cell!([Suspend(4); S6]),
                cell!([Alert(T1); S6]), None],
            Self::E19 => [
                cell!([AddToWaitQueue, LookForFdu; S1]), cell!([AddToWaitQueue, LookForFdu; S2]),
                cell!([AddToWaitQueue; S3]), cell!([Reject; S4]), cell!([Reject; S5]), cell!([Reject; S6])],
            Self::E20 | Self::E22 | Self::E26 | Self::E28 | Self::E30 | Self::E40 => REJECTED,
            Self::E21 => [
                cell!([Accept, TransmitBd; S1]), cell!([Accept, TransmitBd; S2]), cell!([Accept, TransmitBd; S3]),
                cell!([Accept, TransmitBd; S4]), cell!([Accept, TransmitBd; S5]), cell!([Accept, TransmitBd; S6])],
            Self::E23 => rejected_unless_initial(cell!([Accept, Initialise, Confirm; S1])),
            Self::E24 => rejected_unless_initial(cell!([Accept, Initialise, StartTimer; S4])),
            Self::E25 => rejected_unless_initial(cell!([Accept, Initialise, TransmitUnlock; S5])),
            Self::E27 => rejected_unless_initial(cell!([Accept, Initialise, TransmitSetVr; S5])),
            Self::E29 => [
                cell!([Accept, Alert(Term), Confirm; S6]), cell!([Accept, Alert(Term), Confirm; S6]),
                cell!([Accept, Alert(Term), Confirm; S6]), cell!([Accept, Alert(Term), Confirm; S6]),
                cell!([Accept, Alert(Term), Confirm; S6]), cell!([Accept, Confirm; S6])],
            Self::E31 => [None, None, None, None, None, cell!([Accept, Resume, Confirm; S1])],
            Self::E32 => [None, None, None, None, None, cell!([Accept, Resume, Confirm; S2])],
            Self::E33 => [None, None, None, None, None, cell!([Accept, Resume, Confirm; S3])],
            Self::E34 => [None, None, None, None, None, cell!([Accept, Resume, Confirm; S4])],
            Self::E35 => rejected_unless_initial(cell!([SetVs; S6])),
            Self::E36 | Self::E37 | Self::E38 | Self::E39 => [
                cell!([Accept, SetParameter, Confirm; S1]), cell!([Accept, SetParameter, Confirm; S2]),
                cell!([Accept, SetParameter, Confirm; S3]), cell!([Accept, SetParameter, Confirm; S4]),
                cell!([Accept, SetParameter, Confirm; S5]), cell!([Accept, SetParameter, Confirm; S6])],
            Self::E41 => [
                cell!([AdReady, LookForFdu; S1]), cell!([AdReady, LookForFdu; S2]), cell!([AdReady; S3]),
                cell!([AdReady; S4]), cell!([AdReady; S5]), cell!([AdReady; S6])],
            Self::E43 => [
                cell!([BcReady; S1]), cell!([BcReady; S2]), cell!([BcReady; S3]), cell!([BcReady; S4]),
                cell!([BcReady, LookForDirective; S5]), cell!([BcReady; S6])],
            Self::E45 => [
                cell!([BdReady; S1]), cell!([BdReady; S2]), cell!([BdReady; S3]), cell!([BdReady; S4]),
                cell!([BdReady; S5]), cell!([BdReady; S6])],
            Self::E42 | Self::E44 | Self::E46 => [
                cell!([Alert(Llif); S6]), cell!([Alert(Llif); S6]), cell!([Alert(Llif); S6]),
                cell!([Alert(Llif); S6]), cell!([Alert(Llif); S6]), cell!([Alert(Llif); S6])],
        }
    }
}

const IGNORED: Option<Cell<FopAction, FopState>> = cell!([; S6]);

#[rustfmt::skip]
const ALERT_CLCW: Row = [
    cell!([Alert(Clcw); S6]), cell!([Alert(Clcw); S6]), cell!([Alert(Clcw); S6]), cell!([Alert(Clcw); S6]),
    cell!([Alert(Clcw); S6]), IGNORED];

#[rustfmt::skip]
const REJECTED: Row = [
    cell!([Reject; S1]), cell!([Reject; S2]), cell!([Reject; S3]), cell!([Reject; S4]), cell!([Reject; S5]),
    cell!([Reject; S6])];

const fn rejected_unless_initial(initial: Option<Cell<FopAction, FopState>>) -> Row {
    let [s1, s2, s3, s4, s5, _] = REJECTED;
    [s1, s2, s3, s4, s5, initial]
}
