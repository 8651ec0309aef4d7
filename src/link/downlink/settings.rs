use alloc::vec::Vec;

use super::cutter::Lengths;
use crate::coding::channel::{Channel, ChannelParameters, Coding, ReedSolomon, Slicing};
use crate::coding::randomizer::Randomizer;
use crate::coding::rs::Interleaved;
use crate::frame::send::ChannelSettings;
use crate::frame::{AnyParameters, AnySettings, Scid, SecurityLengths, Vcid};

/// Everything that is managed on a telemetry downlink, as plain values; with feature `serde`, the part `downlink` of a
/// [mission's](crate::link::MissionSettings) file. [`DownlinkReceiver`](super::DownlinkReceiver) and [`DownlinkSender`](super::DownlinkSender) check them.
///
/// Source: CCSDS 131.0-B-5 §12; 132.0-B-3 §5; 732.0-B-5 §5; 732.1-B-3 §5.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields, rename_all = "kebab-case"))]
pub struct DownlinkSettings {
    /// Whose frames are taken, and whose are sent. `None`: all that are received, and none can be sent.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub scid: Option<Scid>,
    /// How the octets of a recording, or of a demodulator, are to be read.
    #[cfg_attr(feature = "serde", serde(default))]
    pub input: InputSettings,
    /// What is between those octets and frames.
    #[cfg_attr(feature = "serde", serde(default))]
    pub coding: CodingSettings,
    /// Form of the frames.
    pub frame: AnySettings,
    /// What the frames received carry.
    #[cfg_attr(feature = "serde", serde(default))]
    pub receive: ReceiveSettings,
    /// The channels of the sending end.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub send: Vec<ChannelSettings>,
}

impl DownlinkSettings {
    /// Frames without coding, all channels with packets, of any spacecraft.
    #[must_use]
    pub const fn new(frame: AnySettings) -> Self {
        Self {
            scid: None,
            input: InputSettings::BITS,
            coding: CodingSettings::Frames,
            frame,
            receive: ReceiveSettings::ALL_PACKETS,
            send: Vec::new(),
        }
    }

    /// The form of the frames and their coding, when they go together.
    pub(super) fn check(&self) -> Result<(AnyParameters, Layout), DownlinkError> {
        let frame = AnyParameters::new(self.frame)?;
        let lengths = match (frame.fixed_len(), frame) {
            (Some(frame_len), _) => Lengths::Fixed(frame_len),
            (None, AnyParameters::Uslp(uslp)) => Lengths::Said(uslp),
            (None, _) => return Err(DownlinkError::VariableLen),
        };
        let frame_len = frame.fixed_len().ok_or(DownlinkError::VariableLen);
        let layout = match self.coding {
            CodingSettings::Frames => Layout::Frames(lengths),
            CodingSettings::Codeblocks { reed_solomon, accept_fill_errors, randomizer } => {
                let mut code = reed_solomon.codeblock(frame_len?)?;
                if accept_fill_errors {
                    code = code.with_fill_errors(crate::coding::rs::FillErrors::Accept);
                }
                Layout::Codeblocks { code, randomizer }
            }
            CodingSettings::Channel { coding, slicing, randomizer, .. } => {
                let parameters = ChannelParameters { coding, frame_len: frame_len?, slicing, randomizer };
                Layout::Channel(parameters.deviating()?)
            }
        };
        if self.input.form != InputForm::Bits && !matches!(layout, Layout::Channel(_)) {
            return Err(DownlinkError::SoftFrames { form: self.input.form });
        }
        Ok((frame, layout))
    }
}

/// What the coding settings amount to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Layout {
    Frames(Lengths),
    Codeblocks { code: Interleaved, randomizer: Option<Randomizer> },
    Channel(Channel),
}

/// What is between the octets that come in and frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case", rename_all_fields = "kebab-case"))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub enum CodingSettings {
    /// Nothing: frames one after the other.
    #[default]
    Frames,
    /// Reed-Solomon codeblocks one after the other, without markers, as some receivers write them.
    Codeblocks {
        /// Their code.
        reed_solomon: ReedSolomon,
        /// Whether errors that are located in virtual fill are repaired, and not a sign that the codeword is beyond
        /// repair: for encoders that had part of the marker there.
        #[cfg_attr(feature = "serde", serde(default))]
        accept_fill_errors: bool,
        /// What was exclusive-or'd over a codeblock.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
        randomizer: Option<Randomizer>,
    },
    /// Channel symbols.
    Channel {
        /// The codes.
        coding: Coding,
        /// How the stream of markers and frames is cut for a block code; `None` where every codeblock holds one frame.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
        slicing: Option<Slicing>,
        /// What is exclusive-or'd over a frame, codeword or codeblock.
        #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
        randomizer: Option<Randomizer>,
        /// Whether the convention of the convolutional code is to be found out by the receiver.
        #[cfg_attr(feature = "serde", serde(default))]
        any_convention: bool,
    },
}

/// How octets of a recording, or of a demodulator, are to be read.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields, rename_all = "kebab-case"))]
pub struct InputSettings {
    /// What they are.
    pub form: InputForm,
    /// Whether a high soft symbol means 1. `None`: as usual for its form, which is yes for `u8` and no for the others.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub positive_is_one: Option<bool>,
    /// What an `f32` is multiplied with to be a soft bit of -127 to 127.
    pub scale: f32,
}

impl InputSettings {
    /// Hard bits.
    pub const BITS: Self = Self { form: InputForm::Bits, positive_is_one: None, scale: 48.0 };
}

impl Default for InputSettings {
    /// Hard bits; for soft ones, samples of an amplitude near 1.
    fn default() -> Self {
        Self::BITS
    }
}

/// What octets coming in are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
pub enum InputForm {
    /// Eight hard bits an octet, the most significant first.
    #[default]
    Bits,
    /// A soft symbol an octet, signed.
    I8,
    /// A soft symbol an octet, 0 to 255, 128 the doubtful one.
    U8,
    /// A soft symbol in four octets, little-endian.
    F32,
}

/// What the frames received carry, as far as they do not say it themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields, rename_all = "kebab-case"))]
pub struct ReceiveSettings {
    /// Virtual channels that carry packets; the others carry access data.
    pub packets: PacketChannels,
    /// Virtual channels that carry bits; AOS only.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub bitstream: Vec<Vcid>,
    /// Virtual channels with link security, whose headers and trailers are skipped.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub security: Vec<ChannelSecurity>,
    /// Octets of the longest packet or unit that is put together.
    pub max_packet_len: u32,
    /// Whether idle packets are handed on too. They are counted in any case.
    pub idle_packets: bool,
    /// Spacecraft kept account of, where all are taken; the frames of more count as foreign.
    pub max_spacecraft: u16,
}

impl ReceiveSettings {
    /// Packets of up to 16 MiB on all channels, from up to 16 spacecraft.
    pub const ALL_PACKETS: Self = Self {
        packets: PacketChannels::All,
        bitstream: Vec::new(),
        security: Vec::new(),
        max_packet_len: 16 << 20,
        idle_packets: false,
        max_spacecraft: 16,
    };
}

impl Default for ReceiveSettings {
    /// [`ALL_PACKETS`](Self::ALL_PACKETS).
    fn default() -> Self {
        Self::ALL_PACKETS
    }
}

/// Room that link security takes on a virtual channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct ChannelSecurity {
    /// Which channel.
    pub vcid: Vcid,
    /// Octets of the security header.
    pub header: usize,
    /// Octets of the security trailer.
    pub trailer: usize,
}

impl ChannelSecurity {
    pub(super) const fn lengths(&self) -> SecurityLengths {
        SecurityLengths { header: self.header, trailer: self.trailer }
    }
}

/// Which virtual channels carry packets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum PacketChannels {
    /// All of them; `"all"` in a file.
    #[default]
    All,
    /// These; a list in a file.
    Only(Vec<Vcid>),
}

impl PacketChannels {
    /// Whether `vcid` is one of them.
    #[must_use]
    pub fn contains(&self, vcid: Vcid) -> bool {
        match self {
            Self::All => true,
            Self::Only(list) => list.contains(&vcid),
        }
    }
}

/// Why settings are no downlink.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DownlinkError {
    /// The form of the frames contradicts itself.
    #[error("frame: {0}")]
    Frame(#[from] crate::frame::ParameterError),
    /// The coding contradicts itself, or does not go with the frames.
    #[error("coding: {0}")]
    Coding(#[from] crate::coding::ParameterError),
    /// Markers and codes of telemetry take frames of one length; those of variable length come without.
    #[error("frame: no fixed length, which frames in a code must have")]
    VariableLen,
    /// Frames that are decoded already, or codeblocks, are octets.
    #[error("input: {form:?} symbols, but the coding takes octets")]
    SoftFrames {
        /// The form of the input.
        form: InputForm,
    },
    /// A sender has to know whose frames it makes.
    #[error("scid: missing, and a sender needs one")]
    NoScid,
    /// The channels of the sending end contradict each other or the form of the frames.
    #[error("send: {0}")]
    Send(#[from] crate::frame::send::MultiplexerError),
}

#[cfg(feature = "serde")]
mod file {
    use super::PacketChannels;
    use crate::frame::Vcid;
    use alloc::vec::Vec;
    use core::fmt;
    use serde::de::value::SeqAccessDeserializer;
    use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Unexpected, Visitor};
    use serde::{Serialize, Serializer};

    const ALL: &str = "all";

    impl Serialize for PacketChannels {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            match self {
                Self::All => to.serialize_str(ALL),
                Self::Only(list) => list.serialize(to),
            }
        }
    }

    impl<'de> Deserialize<'de> for PacketChannels {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            from.deserialize_any(WordOrList)
        }
    }

    struct WordOrList;

    impl<'de> Visitor<'de> for WordOrList {
        type Value = PacketChannels;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("\"all\" or a list of virtual channels")
        }

        fn visit_str<E: Error>(self, word: &str) -> Result<PacketChannels, E> {
            if word == ALL {
                Ok(PacketChannels::All)
            } else {
                Err(E::invalid_value(Unexpected::Str(word), &self))
            }
        }

        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<PacketChannels, A::Error> {
            Vec::<Vcid>::deserialize(SeqAccessDeserializer::new(list)).map(PacketChannels::Only)
        }
    }
}
