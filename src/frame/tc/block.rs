/// What [`block`] put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Blocked {
    /// How many packets are in, all of them whole.
    pub packets: usize,
    /// Octets they take.
    pub len: usize,
}

/// Copies as many whole `packets` as fit, one after the other, to the front of `out`: the data of one frame, or of one
/// segment with the flags of an unsegmented one. Stops before the first that does not fit.
///
/// Source: CCSDS 232.0-B-4 §2.2.4.
pub fn block<'p>(packets: impl IntoIterator<Item = &'p [u8]>, out: &mut [u8]) -> Blocked {
    let mut blocked = Blocked::default();
    for packet in packets {
        let end = blocked.len + packet.len();
        let Some(room) = out.get_mut(blocked.len..end) else { break };
        room.copy_from_slice(packet);
        blocked = Blocked { packets: blocked.packets + 1, len: end };
    }
    blocked
}
