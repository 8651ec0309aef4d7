use crate::frame::counter::Count;
use crate::frame::{Clcw, Vcid};

/// What FARM-1 tells FOP-1: the fields of a CLCW that COP-1 defines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Report {
    /// AD frames are refused until a control command comes.
    pub lockout: bool,
    /// There is no room for AD frames now.
    pub wait: bool,
    /// AD frames are missing.
    pub retransmit: bool,
    /// BD and BC frames accepted, modulo 4.
    pub farm_b: u8,
    /// V(R), the sequence number of the AD frame expected next; N(R) for who receives the report.
    pub vr: u8,
}

impl Report {
    /// The CLCW that carries it, with status zero, radio available and bits locked.
    #[must_use]
    pub const fn to_clcw(&self, vcid: Vcid) -> Clcw {
        let Self { lockout, wait, retransmit, farm_b, vr } = *self;
        let farm_b = Count::wrapping(farm_b as u64);
        Clcw { lockout, wait, retransmit, farm_b, report_value: vr, ..Clcw::new(vcid) }
    }
}

impl From<Clcw> for Report {
    fn from(clcw: Clcw) -> Self {
        let Clcw { lockout, wait, retransmit, farm_b, report_value: vr, .. } = clcw;
        Self { lockout, wait, retransmit, farm_b: farm_b.value() as u8, vr }
    }
}
