use super::{Reassembler, Reassembly, SequenceCount, SpacePacket, Torn};

/// Puts segmented user data of one APID together from its packets, by their sequence flags and counts.
///
/// Packets that are missing by the count tear the unit in progress; the parts around them are not joined. A count that
/// comes twice is taken for the same packet once more and left out.
///
/// ```
/// use spacelink::packet::{Apid, SegmentedData, SequenceCount, SequenceFlags, SliceBuffer, SpaceHeader, SpacePacket};
///
/// let mut room = [0; 64];
/// let mut image = SegmentedData::new(SliceBuffer::new(&mut room), 64);
/// let header = SpaceHeader::telemetry(Apid::new(7).unwrap());
/// let part = |count, sequence_flags| SpaceHeader {
///     sequence_flags,
///     sequence_count: SequenceCount::new(count).unwrap(),
///     ..header
/// };
/// image.push(&SpacePacket::new(part(16_383, SequenceFlags::First), b"ima")?);
/// let last = SpacePacket::new(part(0, SequenceFlags::Last), b"ge")?;
/// assert_eq!(image.push(&last).unit, Some(&b"image"[..]));
/// # Ok::<(), spacelink::wire::EncodeError>(())
/// ```
///
/// Source: CCSDS 133.0-B-2 §4.1.3.4.2.
#[derive(Clone, Debug)]
pub struct SegmentedData<B> {
    reassembler: Reassembler<B>,
    last: Option<SequenceCount>,
}

/// What a packet brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Segmented<'a> {
    /// Packets missing before this one.
    pub missing: u16,
    /// Whether the packet came twice and was left out.
    pub duplicate: bool,
    /// The unit in progress that was given up for the missing packets.
    pub interrupted: Option<Torn>,
    /// What else was given up.
    pub torn: Option<Torn>,
    /// The unit that the packet made whole.
    pub unit: Option<&'a [u8]>,
}

impl<B: Reassembly> SegmentedData<B> {
    /// Gathers in `buffer` units of up to `limit` octets.
    pub fn new(buffer: B, limit: u32) -> Self {
        Self { reassembler: Reassembler::new(buffer, limit), last: None }
    }

    /// Takes the next packet of the APID.
    pub fn push<'a>(&'a mut self, packet: &SpacePacket<'a>) -> Segmented<'a> {
        let header = packet.header();
        let last = self.last.replace(header.sequence_count);
        if last == Some(header.sequence_count) {
            return Segmented { duplicate: true, ..Segmented::default() };
        }
        let missing = last.map_or(0, |last| header.sequence_count.missing_since(last));
        let interrupted = if missing > 0 { self.reassembler.interrupt() } else { None };
        let (torn, unit) = self.reassembler.push(header.sequence_flags, packet.data());
        Segmented { missing, duplicate: false, interrupted, torn, unit }
    }
}
