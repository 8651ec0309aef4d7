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
