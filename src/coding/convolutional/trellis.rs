//! The code's 64 states.
//!
//! A state is the last six information bits, the newest in bit 5. Two states lead to each: those that differ in the
//! oldest bit, which falls out. As both generators have taps at both ends, to change the oldest or the newest bit
//! changes both symbols; a branch and its three relatives therefore carry two symbol pairs, one the inverse of the
//! other.

/// How many states there are.
pub(in crate::coding) const STATES: usize = 64;

/// Taps of the generators, the newest bit in bit 6.
const G1: u8 = 0b111_1001;
const G2: u8 = 0b101_1011;

/// The two symbols for a register of seven bits, the newest in bit 6: that of G1 in bit 1, that of G2 in bit 0.
pub(in crate::coding) const fn symbols(register: u8) -> u8 {
    ((register & G1).count_ones() as u8 & 1) << 1 | (register & G2).count_ones() as u8 & 1
}

/// The state after `state` and the bit `bit`.
pub(in crate::coding) const fn next(state: u8, bit: u8) -> u8 {
    bit << 5 | state >> 1
}

/// The symbols on the branch from state 2 j with bit 0, to state j.
pub(in crate::coding) const BRANCH: [u8; STATES / 2] = {
    let mut branch = [0; STATES / 2];
    let mut j = 0;
    while j < branch.len() {
        branch[j] = symbols(2 * j as u8);
        j += 1;
    }
    branch
};
