use super::packet_len;
use crate::wire::DecodeError;

/// Whole packets one after the other, of either kind, and nothing else: what a blocked TC frame or segment holds.
///
/// Yields each packet where it lies. The first octets that are no packet, or only part of one, yield an error and end
/// the sequence.
///
/// ```
/// use spacelink::packet::Packets;
///
/// let blocked = [0xE5, 3, 0xAA, 0xE0, 0xE5, 9];
/// let mut packets = Packets::new(&blocked);
/// assert_eq!(packets.next(), Some(Ok(&[0xE5, 3, 0xAA][..])));
/// assert_eq!(packets.next(), Some(Ok(&[0xE0][..])));
/// assert!(packets.next().unwrap().is_err(), "seven octets are missing");
/// assert_eq!(packets.next(), None);
/// ```
#[derive(Clone, Debug)]
pub struct Packets<'a> {
    rest: &'a [u8],
}

impl<'a> Packets<'a> {
    /// The packets in `octets`.
    #[must_use]
    pub const fn new(octets: &'a [u8]) -> Self {
        Self { rest: octets }
    }

    fn split(&self) -> Result<(&'a [u8], &'a [u8]), DecodeError> {
        let found = self.rest.len();
        let short = |required| DecodeError::Short { unit: "packet", required, found };
        let len = packet_len(self.rest)?.ok_or(short(found + 1))?;
        let len = usize::try_from(len).map_err(|_| short(usize::MAX))?;
        self.rest.split_at_checked(len).ok_or(short(len))
    }
}

impl<'a> Iterator for Packets<'a> {
    type Item = Result<&'a [u8], DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        match self.split() {
            Ok((packet, rest)) => {
                self.rest = rest;
                Some(Ok(packet))
            }
            Err(error) => {
                self.rest = &[];
                Some(Err(error))
            }
        }
    }
}
