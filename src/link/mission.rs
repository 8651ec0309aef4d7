use alloc::string::String;

use super::downlink::DownlinkSettings;
use super::tc::TcLinkSettings;

/// The links of a mission, from one set of managed parameters; with feature `serde`, a mission's file.
///
/// Whoever has it can build all four ends: [`DownlinkSender`](super::downlink::DownlinkSender) and
/// [`TcReceiver`](super::tc::TcReceiver) on board, [`DownlinkReceiver`](super::downlink::DownlinkReceiver) and
/// [`TcSender`](super::tc::TcSender) on ground. They say what does not go together.
///
/// ```
/// use spacelink::link::MissionSettings;
/// use spacelink::link::downlink::DownlinkReceiver;
/// use spacelink::link::tc::TcSender;
///
/// # #[cfg(feature = "serde")] {
/// let mission: MissionSettings = toml::from_str(
///     r#"
///     mission = "Example"
///
///     [downlink]
///     scid = 42
///     coding = "frames"
///     frame = { protocol = "tm", frame-len = 1115, ocf = true, fecf = true }
///     send = [{ vcid = 0 }, { vcid = 1 }]
///
///     [uplink]
///     scid = 42
///     frame = { max-frame-len = 256, fecf = true }
///     coding.code.bch = { mode = "correct", randomized = true }
///     channel = [{ vcid = 0, fop = { window = 4 } }]
///     "#,
/// )?;
/// let telemetry = DownlinkReceiver::new(mission.downlink.as_ref().unwrap())?;
/// let commands = TcSender::new(mission.uplink.as_ref().unwrap())?;
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// An uplink of TM, AOS or USLP frames is a downlink turned round: it is described as one, in a file of its own, and the
/// ground has the sender.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields, rename_all = "kebab-case"))]
pub struct MissionSettings {
    /// Whose links they are, for people.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "String::is_empty"))]
    pub mission: String,
    /// Telemetry.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub downlink: Option<DownlinkSettings>,
    /// Telecommands.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub uplink: Option<TcLinkSettings>,
}
