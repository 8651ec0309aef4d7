use super::{FirstHeader, PointerForm};
use crate::packet::{IdleKind, SpacePacket};
use crate::wire::EncodeError;

/// Fills packet zones with packets, which may go on over any number of zones.
///
/// For each zone: [`begin`](Self::begin); [`insert`](Self::insert) packets until one does not end in this zone (offer that one
/// again, first, in the next zone) or none is left; then [`finish`](Self::finish), which fills what is left with idle packets.
#[derive(Clone, Debug)]
pub struct PacketInserter {
    idle: IdleKind,
    /// Octets of the packet in progress that went into earlier zones.
    inserted: usize,
    /// An idle packet too long for the zone it started in, and where its rest begins.
    spill: [u8; SpacePacket::MIN_LEN],
    spill_at: usize,
}

/// The zone being filled.
#[derive(Debug)]
pub struct Zone<'a> {
    packets: &'a mut [u8],
    filled: usize,
    first: FirstHeader,
}

impl Zone<'_> {
    /// Octets still to be filled.
    #[must_use]
    pub fn room(&self) -> usize {
        self.packets.len() - self.filled
    }

    /// Notes that a packet starts here.
    fn start(&mut self) {
        if self.first == FirstHeader::NoStart
            && let Ok(offset) = u16::try_from(self.filled)
        {
            self.first = FirstHeader::At(offset);
        }
    }

    /// Copies as much of `octets` as there is room for; returns how many octets that was.
    fn put(&mut self, octets: &[u8]) -> usize {
        let room = &mut self.packets[self.filled..];
        let len = room.len().min(octets.len());
        room[..len].copy_from_slice(&octets[..len]);
        self.filled += len;
        len
    }
}

impl PacketInserter {
    /// Starts at a packet's beginning; fills with idle packets of the kind `idle`.
    #[must_use]
    pub const fn new(idle: IdleKind) -> Self {
        Self { idle, inserted: 0, spill: [0; SpacePacket::MIN_LEN], spill_at: SpacePacket::MIN_LEN }
    }

    /// Whether the packet last offered has its end still to come.
    #[must_use]
    pub const fn in_progress(&self) -> bool {
        self.inserted > 0
    }

    /// Whether the last zone ended with the end of a packet, idle ones included.
    #[must_use]
    pub const fn is_at_boundary(&self) -> bool {
        self.inserted == 0 && self.spill_at == SpacePacket::MIN_LEN
    }

    /// Starts filling the packet zone that takes all of `packets`.
    ///
    /// # Errors
    /// [`EncodeError::Room`] when there is no octet, [`EncodeError::Field`] when the zone is longer than any frame could hold.
    pub fn begin<'a>(&mut self, packets: &'a mut [u8]) -> Result<Zone<'a>, EncodeError> {
        let available = packets.len();
        if available > MAX_LEN {
            return Err(EncodeError::field("packet zone", "length", available as u64));
        }
        if available == 0 {
            return Err(EncodeError::Room { required: 1, available });
        }
        let mut zone = Zone { packets, filled: 0, first: FirstHeader::NoStart };
        self.spill_at += zone.put(&self.spill[self.spill_at..]);
        Ok(zone)
    }

    /// Puts `packet`, or what of it did not fit in earlier zones, into `zone`. `true` when the packet is in to its
    /// last octet; `false` when the zone is full: offer the same packet again in the next.
    pub fn insert(&mut self, zone: &mut Zone<'_>, packet: &[u8]) -> bool {
        let rest = packet.get(self.inserted..).unwrap_or_default();
        if zone.room() == 0 {
            return rest.is_empty();
        }
        if self.inserted == 0 {
            zone.start();
        }
        let len = zone.put(rest);
        if len == rest.len() {
            self.inserted = 0;
            true
        } else {
            self.inserted += len;
            false
        }
    }

    /// Fills what is left of `zone` with idle packets and says where the first packet starts, for the header. Call it when
    /// no packet is ready or the zone is full.
    ///
    /// A zone that ends before a packet in progress must be full; where it is not, the packet was not offered
    /// again, and its rest is given up.
    pub fn finish(&mut self, mut zone: Zone<'_>) -> FirstHeader {
        if zone.room() > 0 {
            self.inserted = 0;
            zone.start();
        }
        while zone.room() > 0 {
            self.fill(&mut zone);
        }
        zone.first
    }

    /// One idle packet that takes all the room, or a shortest one that goes on in the next zone.
    fn fill(&mut self, zone: &mut Zone<'_>) {
        let filled = zone.filled;
        match self.idle.write(&mut zone.packets[filled..]) {
            Ok(()) => zone.filled = zone.packets.len(),
            Err(_) => {
                // Only Space Packets have a shortest length above one octet, and it is that of the array.
                let _ = self.idle.write(&mut self.spill);
                self.spill_at = zone.put(&self.spill);
            }
        }
    }
}

/// A zone of this length or less has every offset below the reserved pointer values of the widest form.
const MAX_LEN: usize = PointerForm::Uslp.max_zone_len();
