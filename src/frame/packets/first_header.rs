/// Where the first packet of a packet zone starts.
///
/// TM frames say it in their header, AOS frames in the M_PDU header, USLP frames in the data field header.
///
/// Source: CCSDS 132.0-B-3 §4.1.2.7.6; 732.0-B-5 §4.1.4.2; 732.1-B-3 §4.1.4.2.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FirstHeader {
    /// Octets from the start of the packet zone.
    At(u16),
    /// The zone only continues a packet begun earlier.
    NoStart,
    /// The zone holds idle data and no packet at all. USLP frames have other means to say so.
    IdleOnly,
}

/// How a frame format writes a [`FirstHeader`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PointerForm {
    /// 11 bits, 7FF when no packet starts, 7FE for idle data: TM and AOS.
    Eleven,
    /// 16 bits, FFFF when no packet starts: USLP.
    Uslp,
}

impl PointerForm {
    const fn no_start(self) -> u16 {
        match self {
            Self::Eleven => 0x7FF,
            Self::Uslp => 0xFFFF,
        }
    }

    const fn idle_only(self) -> Option<u16> {
        match self {
            Self::Eleven => Some(0x7FE),
            Self::Uslp => None,
        }
    }

    /// Octets of the longest zone in which a packet can start anywhere.
    #[must_use]
    pub const fn max_zone_len(self) -> usize {
        match self.idle_only() {
            Some(idle) => idle as usize,
            None => self.no_start() as usize,
        }
    }
}

impl FirstHeader {
    /// From a pointer field; bits beyond those of `form` are ignored.
    #[must_use]
    pub const fn of(form: PointerForm, pointer: u16) -> Self {
        let pointer = pointer & form.no_start();
        if pointer == form.no_start() {
            return Self::NoStart;
        }
        match form.idle_only() {
            Some(idle) if pointer == idle => Self::IdleOnly,
            _ => Self::At(pointer),
        }
    }

    /// The pointer field; `None` when `form` cannot say it.
    #[must_use]
    pub const fn pointer(self, form: PointerForm) -> Option<u16> {
        match self {
            Self::At(offset) if (offset as usize) < form.max_zone_len() => Some(offset),
            Self::At(_) => None,
            Self::NoStart => Some(form.no_start()),
            Self::IdleOnly => form.idle_only(),
        }
    }
}
