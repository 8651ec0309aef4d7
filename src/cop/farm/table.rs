//! The FARM-1 state table, laid out as table 6-1 of CCSDS 232.1-B-2.

use crate::cop::{Cell, cell};

/// The columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FarmState {
    /// S1: AD frames are accepted in their turn.
    Open,
    /// S2: there is no room for AD frames.
    Wait,
    /// S3: an AD frame was outside the window; only a control command helps.
    Lockout,
}

/// The rows but E11, "time to report", which changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FarmEvent {
    /// AD frame in its turn, and there is room.
    E1,
    /// AD frame in its turn, and there is no room.
    E2,
    /// AD frame ahead of its turn, in the positive part of the window.
    E3,
    /// AD frame behind its turn, in the negative part of the window.
    E4,
    /// AD frame outside the window.
    E5,
    /// BD frame.
    E6,
    /// Unlock.
    E7,
    /// Set V(R).
    E8,
    /// Frame that is not valid.
    E9,
    /// Buffer released.
    E10,
}

/// The verbs of the cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FarmAction {
    /// The frame is accepted.
    Accept,
    /// The frame is dropped.
    Discard,
    /// V(R) is raised by one.
    IncrementVr,
    /// The FARM-B counter is raised by one.
    IncrementFarmB,
    /// V(R) becomes what the command says.
    SetVr,
    /// The lockout flag becomes this.
    Lockout(bool),
    /// The wait flag becomes this.
    Wait(bool),
    /// The retransmit flag becomes this.
    Retransmit(bool),
}

use FarmAction::{Accept, Discard, IncrementFarmB, IncrementVr, Lockout, Retransmit, SetVr, Wait};
use FarmState::{Lockout as S3, Open as S1, Wait as S2};

type Row = [Option<Cell<FarmAction, FarmState>>; 3];

/// The cell of `event` in `state`; `None` where the book says that it cannot be.
pub(super) const fn cell(event: FarmEvent, state: FarmState) -> Option<Cell<FarmAction, FarmState>> {
    row(event)[state as usize]
}

#[rustfmt::skip]
const fn row(event: FarmEvent) -> Row {
    match event {
        FarmEvent::E1 => [
            cell!([Accept, IncrementVr, Retransmit(false); S1]),
            cell!([-]),
            cell!([Discard; S3])],
        FarmEvent::E2 => [
            cell!([Discard, Retransmit(true), Wait(true); S2]),
            cell!([Discard; S2]),
            cell!([Discard; S3])],
        FarmEvent::E3 => [
            cell!([Discard, Retransmit(true); S1]),
            cell!([Discard; S2]),
            cell!([Discard; S3])],
        FarmEvent::E4 => [
            cell!([Discard; S1]),
            cell!([Discard; S2]),
            cell!([Discard; S3])],
        FarmEvent::E5 => [
            cell!([Discard, Lockout(true); S3]),
            cell!([Discard, Lockout(true); S3]),
            cell!([Discard; S3])],
        FarmEvent::E6 => [
            cell!([Accept, IncrementFarmB; S1]),
            cell!([Accept, IncrementFarmB; S2]),
            cell!([Accept, IncrementFarmB; S3])],
        FarmEvent::E7 => [
            cell!([Accept, IncrementFarmB, Retransmit(false); S1]),
            cell!([Accept, IncrementFarmB, Retransmit(false), Wait(false); S1]),
            cell!([Accept, IncrementFarmB, Retransmit(false), Wait(false), Lockout(false); S1])],
        FarmEvent::E8 => [
            cell!([Accept, IncrementFarmB, Retransmit(false), SetVr; S1]),
            cell!([Accept, IncrementFarmB, Retransmit(false), Wait(false), SetVr; S1]),
            cell!([Accept, IncrementFarmB; S3])],
        FarmEvent::E9 => [
            cell!([Discard; S1]),
            cell!([Discard; S2]),
            cell!([Discard; S3])],
        FarmEvent::E10 => [
            cell!([; S1]),
            cell!([Wait(false); S1]),
            cell!([Wait(false); S3])],
    }
}
